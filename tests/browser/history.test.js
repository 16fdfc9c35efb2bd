// @ts-check
/** Scans are reported with what may be told, and nothing that goes wrong harms the page. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, beforeEach, describe, it } from "node:test";
import { historyCheck, openingCode, reportOpening, reportScan } from "../../scanner_app/history.js";

const PATH = "/01/09520010001015/10/A26B11K1/21/KSGRKHHM2IUND4TJWIPJ";
const CODE = "ABCDEFGHIJKL2345";
const COUNTED = { state: "FIRST", score: 0, verdict: null, reasons: [], region: "NZ", history: { scans: 2 } };

/** A browser's storage, as far as the module uses it. */
class Storage {
  /** @type {Map<string, string>} */
  items = new Map();
  /** @param {string} name */
  getItem = (name) => this.items.get(name) ?? null;
  /** @param {string} name @param {string} text */
  setItem = (name, text) => void this.items.set(name, text);
}

/** @type {any} */
let answer;
/** @type {{ url: string, headers: any, body: any }[]} */
let received;
const server = createServer(async (request, response) => {
  let text = "";
  for await (const piece of request) text += piece;
  received.push({ url: request.url ?? "", headers: request.headers, body: JSON.parse(text) });
  response.statusCode = answer.status ?? 200;
  response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
});
let origin = "";

before(async () => {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(null)));
  origin = `http://127.0.0.1:${/** @type {any} */ (server.address()).port}`;
});
after(() => server.close());
beforeEach(() => {
  answer = { body: COUNTED };
  received = [];
  /** @type {any} */ (globalThis).localStorage = new Storage();
});

describe("reportScan", () => {
  it("sends path, time zone and whether this device was here, and nothing else", async () => {
    assert.deepEqual(await reportScan({ path: PATH, server: origin }), COUNTED);
    const [{ url, headers, body }] = received;
    assert.equal(url, "/v1/scans");
    assert.deepEqual(Object.keys(body).sort(), ["again", "path", "zone"]);
    assert.equal(body.path, PATH);
    assert.equal(body.again, false);
    assert.equal(headers.cookie, undefined);
    assert.equal(headers.referer, undefined);
  });

  it("remembers the code on this device alone", async () => {
    for (let turn = 0; turn < 3; turn += 1) await reportScan({ path: PATH, server: origin });
    await reportScan({ path: `${PATH}2`, server: origin });
    assert.deepEqual(received.map(({ body }) => body.again), [false, true, true, false]);
  });

  it("believes who knows better", async () => {
    await reportScan({ path: PATH, again: true, server: origin });
    assert.equal(received[0].body.again, true);
  });

  it("remembers no more than a household scans", async () => {
    for (let tin = 0; tin < 70; tin += 1) await reportScan({ path: `${PATH}/${tin}`, server: origin });
    assert.equal(JSON.parse(localStorage.getItem("tracer:scanned") ?? "").length, 60);
    await reportScan({ path: `${PATH}/0`, server: origin });
    await reportScan({ path: `${PATH}/69`, server: origin });
    assert.deepEqual(received.slice(-2).map(({ body }) => body.again), [false, true]);
  });

  it("does not remember a scan that was not counted", async () => {
    answer = { body: { ...COUNTED, state: "UNKNOWN", history: null } };
    await reportScan({ path: PATH, server: origin });
    answer = { body: COUNTED };
    await reportScan({ path: PATH, server: origin });
    assert.deepEqual(received.map(({ body }) => body.again), [false, false]);
  });

  const troubles = {
    "an error": { status: 503, body: {} },
    "no JSON": { body: "<html>" },
    "another thing": { body: [] },
    "null": { body: "null" },
  };
  for (const [what, given] of Object.entries(troubles)) {
    it(`knows nothing after ${what}`, async () => {
      answer = given;
      const { state, verdict, score } = await reportScan({ path: PATH, server: origin });
      assert.deepEqual([state, verdict, score], ["UNKNOWN", null, 0]);
    });
  }

  it("knows nothing without a network", async () => {
    const { state } = await reportScan({ path: PATH, server: "http://127.0.0.1:1" });
    assert.equal(state, "UNKNOWN");
  });

  it("works where storage is switched off or damaged", async () => {
    /** @type {any} */ (globalThis).localStorage = undefined;
    assert.equal((await reportScan({ path: PATH, server: origin })).state, "FIRST");
    /** @type {any} */ (globalThis).localStorage = new Storage();
    localStorage.setItem("tracer:scanned", '{"not": "a list"}');
    await reportScan({ path: PATH, server: origin });
    await reportScan({ path: PATH, server: origin });
    assert.deepEqual(received.map(({ body }) => body.again), [false, false, true]);
  });
});

describe("reportOpening", () => {
  it("sends the code, and remembers openings apart from scans", async () => {
    answer = { body: { ...COUNTED, outcome: "FIRST", since: null } };
    await reportScan({ path: PATH, server: origin });
    assert.equal((await reportOpening({ path: PATH, code: CODE, server: origin })).outcome, "FIRST");
    await reportOpening({ path: PATH, code: CODE, server: origin });
    const [, first, second] = received;
    assert.equal(first.url, "/v1/openings");
    assert.equal(first.body.code, CODE);
    assert.deepEqual([first.body.again, second.body.again], [false, true]);
    assert.ok(![.../** @type {any} */ (localStorage).items.values()].join("").includes(CODE));
  });
});

describe("openingCode", () => {
  it("reads the fragment of a label under a seal", () => {
    assert.equal(openingCode(`#open=${CODE}`), CODE);
    assert.equal(openingCode(`#open=${CODE.toLowerCase()}`), CODE);
    for (const other of ["", "#", "#open=", `#open=${CODE}A`, `#close=${CODE}`, "#open=0000000000000000"])
      assert.equal(openingCode(other), "", other);
  });
});

describe("historyCheck", () => {
  const first = { key: "clone.first-here", params: {}, english: "" };
  const wrong = { key: "clone.wrong-code", params: {}, english: "" };
  /** @type {[string, any, string, string][]} */
  const cases = [
    ["FIRST", { reasons: [first] }, "VALID", "clone.first-here"],
    ["SEEN_BEFORE_HERE", { reasons: [first] }, "VALID", "clone.first-here"],
    ["SEEN_ELSEWHERE", { reasons: [first] }, "INVALID", "scan-history.elsewhere"],
    ["OPENED_BEFORE", { reasons: [first] }, "INVALID", "scan-history.opened"],
    ["UNKNOWN", { reasons: [] }, "SKIPPED", "scan-history.unknown"],
    ["UNKNOWN", { reasons: [wrong], outcome: "WRONG" }, "INVALID", "clone.wrong-code"],
    ["UNKNOWN", { reasons: [{ ...first, key: "clone.no-codes" }], outcome: "NO_CODES" }, "SKIPPED", "clone.no-codes"],
  ];
  for (const [state, more, status, key] of cases) {
    it(`says ${status} for ${state} ${more.outcome ?? ""}`, () => {
      const check = historyCheck({ ...COUNTED, ...more, state });
      assert.deepEqual([check.step, check.name, check.status, check.key], [9, "scan-history", status, key]);
    });
  }
  it("is skipped when nobody was asked", () => {
    assert.equal(historyCheck(null).key, "scan-history.none");
  });
});
