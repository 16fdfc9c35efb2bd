// @ts-check
/** A scanned code leads to a tin's page on our own server, or nowhere. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { targetOf } from "../../scanner_app/scan/target.js";

const HOSTS = ["id.example.org", "127.0.0.1:8000"];
const TIN = "/01/09520010001015/10/A26B11K1/21/7K3M9QXA2B4C";

/** @param {string} text */
const go = (text) => targetOf(text, HOSTS);

describe("a code's target", () => {
  it("is the path of a Digital Link on a host of ours", () => {
    assert.deepEqual(go(`https://id.example.org${TIN}`), { path: TIN });
    assert.deepEqual(go(`http://127.0.0.1:8000${TIN}`), { path: TIN });
    assert.deepEqual(go("HTTPS://ID.EXAMPLE.ORG/01/09520010001015"), { path: "/01/09520010001015" });
  });

  it("may name variant, batch or third-party serial, and be compressed", () => {
    for (const path of ["/01/09520010001015/22/2A/10/L1/21/S", "/01/9520010001015/235/X", "/ARFKk4XB0CDKWcnpq"]) {
      assert.deepEqual(go(`https://id.example.org${path}`), { path });
    }
  });

  it("keeps what only the device may know, and drops what others added", () => {
    assert.deepEqual(go(`https://id.example.org${TIN}#open=K7-abc_9`), { path: `${TIN}#open=K7-abc_9` });
    assert.deepEqual(go(`https://id.example.org${TIN}?node=https://evil.example#x`), { path: TIN });
  });

  it("names a host that is not ours", () => {
    assert.deepEqual(go(`https://id.example.org.evil.example${TIN}`), { host: "id.example.org.evil.example" });
    assert.deepEqual(go(`https://id.example.org@evil.example${TIN}`), { host: "evil.example" });
    assert.deepEqual(go(`https://id.example.org:444${TIN}`), { host: "id.example.org:444" });
    assert.deepEqual(go(`https://іd.example.org${TIN}`), { host: "xn--d-evb.example.org" }); // a Cyrillic i
  });

  it("is nothing where the text names no tin", () => {
    const texts = [
      "", "hello", "WIFI:S:x;;", "javascript:alert(1)", "data:text/html,x", `ftp://id.example.org${TIN}`,
      "https://id.example.org/", "https://id.example.org/check", "https://id.example.org/01/12", "https://",
      "https://id.example.org/v1/batches", "https://id.example.org//evil.example/01/09520010001015",
    ];
    for (const text of texts) assert.equal(go(text), null, text);
  });
});
