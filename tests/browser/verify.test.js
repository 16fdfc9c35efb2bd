// @ts-check
/** The browser's verifier says exactly what the Python verifier says. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isWellFormed } from "../../scanner_app/form.js";
import { authenticity, overall, parseLink } from "../../scanner_app/protocol.js";
import { verifyBundle } from "../../scanner_app/verify.js";
import { load, loadAll, wholeCase } from "./vectors.js";

/** @typedef {import("../../scanner_app/verify.js").Check} Check */

const KEYS = load("message_keys.json");

/** @param {any} one */
const verify = ({ bundle, facts, nodeError, asOfUnix, link }) =>
  verifyBundle(bundle, facts, { nodeError, asOfUnix, link });

/** @param {Check[]} checks */
const compared = (checks) => checks.map(({ reason, ...check }) => check);

describe("bundles", () => {
  for (const [name, twin] of loadAll("bundles")) {
    it(name, async () => {
      const checks = await verify(wholeCase(twin));
      const shown = twin.twinOf ? checks.filter((check) => check.status !== "VALID") : checks;
      assert.deepEqual(compared(shown), twin.expect.checks);
      assert.equal(overall(checks), twin.expect.overall);
      for (const { name: check, status, subject } of twin.mustFail ? [twin.mustFail] : []) {
        assert.ok(checks.some((one) => one.name === check && one.status === status && one.subject === subject));
      }
    });
  }

  it("say nothing that pages cannot translate", async () => {
    for (const [name, twin] of loadAll("bundles")) {
      for (const { key, params } of await verify(wholeCase(twin))) {
        assert.ok(key in KEYS, `${name}: ${key}`);
        assert.deepEqual(Object.keys(params).filter((param) => KEYS[key].includes(param)).sort(), KEYS[key], key);
      }
    }
  });
});

describe("one changed value", () => {
  const good = load("bundles/good.json");

  /** @param {any} value @param {(string | number)[]} path @returns {Generator<[(string | number)[], any]>} */
  function* leaves(value, path = []) {
    if (typeof value === "object" && value !== null) {
      for (const [name, member] of Object.entries(value)) yield* leaves(member, [...path, name]);
    } else yield [path, value];
  }

  /** @param {any} value */
  function other(value) {
    if (typeof value === "boolean") return !value;
    if (typeof value === "number") return value + 1;
    if (typeof value !== "string") return "9520010001077";
    const at = Math.floor(value.length / 2);
    return value.slice(0, at) + String.fromCharCode(value.charCodeAt(at) ^ 1) + value.slice(at + 1);
  }

  it("never ends VALID", async () => {
    for (const [path, value] of leaves(good.bundle)) {
      const bundle = structuredClone(good.bundle);
      const place = path.slice(0, -1).reduce((inner, name) => inner[name], bundle);
      place[path[path.length - 1]] = other(value);
      assert.notEqual(overall(await verify({ ...good, bundle })), "VALID", path.join("."));
    }
  });

  it("without a node is never VALID", async () => {
    const checks = await verify({ ...good, facts: null });
    assert.equal(overall(checks), "ERROR");
    assert.equal(authenticity(checks), "ERROR");
  });
});

describe("form", () => {
  const { bundle } = load("bundles/good.json");

  it("knows a bundle", () => {
    assert.ok(isWellFormed(bundle));
    assert.ok(isWellFormed({ ...bundle, tin: null }));
  });

  for (const [why, broken] of Object.entries({
    nothing: null,
    text: "bundle",
    "an unknown member": { ...bundle, more: 1 },
    "a missing member": { ...bundle, chain: undefined },
    "another format": { ...bundle, format: "tracer-bundle/1" },
    "capital digits": { ...bundle, contents: { ["A".repeat(64)]: "" } },
    "a number as text": { ...bundle, mirror: { ...bundle.mirror, blockNumber: "106" } },
    "a fraction": { ...bundle, mirror: { ...bundle.mirror, blockNumber: 1.5 } },
    "an object for an array": { ...bundle, appends: {} },
    "a short hash": { ...bundle, mirror: { ...bundle.mirror, blockHash: "00" } },
  })) {
    it(`refuses ${why}`, async () => {
      assert.equal(isWellFormed(broken), false);
      const [check] = await verifyBundle(/** @type {any} */ (broken), null, { asOfUnix: 0 });
      assert.equal(check.status, "INVALID");
      assert.ok(check.key in KEYS);
    });
  }
});

describe("link", () => {
  it("names GTIN, lot and serial", () => {
    assert.deepEqual(parseLink("https://example.org/01/9520010001015/10/A%2FB/21/K1?17=280210"), {
      gtin: "09520010001015", lot: "A/B", serial: "K1",
    });
    assert.deepEqual(parseLink("https://example.org/x/01/09520010001015"), { gtin: "09520010001015", lot: "", serial: "" });
  });

  it("names nothing", () => {
    for (const text of ["", "https://example.org/", "https://example.org/01/12", "https://example.org/01/09520010001015/10/%E0%A4%A"]) assert.equal(parseLink(text), null);
  });
});

describe("overall", () => {
  it("is ERROR when nothing was checked", () => {
    assert.equal(overall([]), "ERROR");
  });
});
