// @ts-check
/** The brokers' page: sealing, the transaction that is sent, the rules of its form, its drafts. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readGtin, readHash, readLink, readLot } from "../../scanner_app/desk/batch-name.js";
import { canonicalText } from "../../scanner_app/desk/canonical.js";
import { batchHash, paperHash } from "../../scanner_app/desk/context.js";
import { clearDrafts, loadDraft, saveDraft } from "../../scanner_app/desk/drafts.js";
import { firstTexts, inputText, judge, markOf, parseInput, toPaper } from "../../scanner_app/desk/form-rules.js";
import { arrange, drawSalts, sealPaper } from "../../scanner_app/desk/paper.js";
import { APPEND, appendData, findFlaw, packRecord, recordOf } from "../../scanner_app/desk/record.js";
import { buildStatement, typedData } from "../../scanner_app/desk/statement.js";
import { drawUlid } from "../../scanner_app/desk/ulid.js";
import { refusal } from "../../scanner_app/desk/upload.js";
import { parseView, withheld } from "../../scanner_app/documents.js";
import { sha256Text } from "../../scanner_app/hashes.js";
import { load } from "./vectors.js";

const SCOPE = { chainId: 31337, contract: "5f".repeat(20), batchId: "a1".repeat(32) };
const PAPER = {
  type: "CUSTOMS_DECLARATION", number: "224820261000300451", issuer: "9520010001091",
  issuedAt: "2026-03-26T09:00:00+08:00", open: { netKg: 10368, coNo: "NZCN-1" },
  sealed: { valueUsd: 133632 }, file: "ab".repeat(32),
};

describe("a sealed paper", () => {
  it("is the shared vector, from its own fields and salts", async () => {
    const vector = load("documents/lab-report-open.json");
    const view = JSON.parse(vector.view);
    const values = Object.fromEntries(view.fields.map((/** @type {any} */ one) => [one.name, JSON.parse(one.value)]));
    const { type, number, issuer, issuedAt, publicFields, file, ...rest } = values;
    /** @param {boolean} isOpen */
    const pick = (isOpen) => Object.fromEntries(
      Object.entries(rest).filter(([key]) => publicFields.includes(key) === isOpen),
    );
    const paper = { type, number, issuer, issuedAt, open: pick(true), sealed: pick(false), file };
    const salts = { document: view.salt, fields: view.fields.map((/** @type {any} */ one) => one.salt) };
    const sealed = await sealPaper(paper, vector, salts);
    assert.equal(sealed.full, vector.view);
    assert.equal(sealed.commitment, vector.commitment);
    assert.equal(sealed.shown, load("documents/lab-report.json").view);
  });

  it("shows what is public and nothing else", async () => {
    const sealed = await sealPaper(PAPER, SCOPE, drawSalts(PAPER));
    const view = parseView(sealed.shown);
    assert.ok(view);
    assert.equal(withheld(view), null);
    assert.deepEqual(Object.keys(view.texts), sealed.openFields);
    assert.ok(!sealed.shown.includes("133632") && !sealed.shown.includes(PAPER.file));
    assert.ok(sealed.full.includes("133632") && sealed.full.includes(PAPER.file));
  });

  it("has another commitment each time: salts are drawn anew", async () => {
    const twice = await Promise.all([1, 2].map(() => sealPaper(PAPER, SCOPE, drawSalts(PAPER))));
    assert.notEqual(twice[0].commitment, twice[1].commitment);
    const { document, fields } = drawSalts(PAPER);
    assert.equal(document.length, 64);
    assert.equal(new Set(fields).size, arrange(PAPER).length);
  });

  it("refuses shared names and shared salts", async () => {
    for (const sealed of [{ number: "1" }, { netKg: 1 }, { file: "x" }]) {
      assert.throws(() => arrange({ ...PAPER, sealed }), /taken/);
    }
    const salts = drawSalts(PAPER);
    salts.fields[1] = salts.fields[0];
    await assert.rejects(sealPaper(PAPER, SCOPE, salts), /salt of its own/);
    await assert.rejects(sealPaper(PAPER, SCOPE, { ...salts, fields: [] }), /salt of its own/);
  });

  it("refuses what JSON cannot keep", () => {
    for (const value of [NaN, Infinity, 2 ** 53, "\ud800", { "\udc00": 1 }, undefined, () => 1]) {
      assert.throws(() => canonicalText({ value }));
    }
    const odd = { b: -0, "\u20ac": 1, "\ufb33": [], a: { z: null, y: 1e21 / 1e20 } };
    assert.equal(canonicalText(odd), '{"a":{"y":10,"z":null},"b":0,"\u20ac":1,"\ufb33":[]}');
  });
});

describe("a transaction", () => {
  const record = recordOf("CUSTOMS_DECLARATION", PAPER.issuedAt, "c0".repeat(32));
  const wanted = { contract: SCOPE.contract, batchId: SCOPE.batchId, record };
  const to = `0x${SCOPE.contract}`;
  const good = appendData(SCOPE.batchId, packRecord(record));

  it("calls the function that the compiler names", () => {
    assert.equal(`0x${APPEND}`, load("abi.json").functions["append(bytes32,bytes)"]);
  });

  it("is sent when it appends our record to our batch", () => {
    assert.equal(findFlaw({ to, data: good }, wanted), "");
    assert.equal(findFlaw({ to: to.toUpperCase().replace("0X", "0x"), data: good, value: "0x0" }, wanted), "");
  });

  it("is refused when it does anything else", () => {
    /** @param {Partial<import("../../scanner_app/desk/record.js").PaperRecord>} change */
    const other = (change) => appendData(SCOPE.batchId, packRecord({ ...record, ...change }));
    const two = packRecord(record).repeat(2);
    /** @type {[string, object][]} */
    const cases = [
      ["to", { to: `0x${"11".repeat(20)}` }],
      ["to", { to: undefined }],
      ["value", { value: "0x1" }],
      ["form", { data: "0x" }],
      ["form", { data: 7 }],
      ["function", { data: good.replace(APPEND, "b38e9017") }],
      ["function", { data: `0x${APPEND.slice(0, 6)}` }],
      ["batch", { data: appendData("a2".repeat(32), packRecord(record)) }],
      ["count", { data: appendData(SCOPE.batchId, two) }],
      ["count", { data: appendData(SCOPE.batchId, "") }],
      ["commitment", { data: other({ digest: "c1".repeat(32) }) }],
      ["record", { data: other({ kind: 0xc1 }) }],
      ["record", { data: other({ occurredAt: record.occurredAt + 1 }) }],
      ["record", { data: appendData(SCOPE.batchId, packRecord(record).replace(/0{12}c0/, "08a8a8a8a8a8c0")) }],
      ["form", { data: `${good}00` }],
      ["form", { data: good.replace(/0$/, "1") }],
      ["form", { data: good.replace("0040", "0060") }],
    ];
    for (const [flaw, change] of cases) assert.equal(findFlaw({ to, data: good, ...change }, wanted), flaw, JSON.stringify(change));
  });

  it("cannot differ in a single bit", () => {
    for (let at = 2; at < good.length; at += 1) {
      const bit = (parseInt(good[at], 16) ^ 1).toString(16);
      assert.notEqual(findFlaw({ to, data: good.slice(0, at) + bit + good.slice(at + 1) }, wanted), "");
    }
  });
});

describe("a statement", () => {
  it("names the commitment, the public view and this desk", async () => {
    const sealed = await sealPaper(PAPER, SCOPE, drawSalts(PAPER));
    const message = await buildStatement(sealed, { batchId: SCOPE.batchId, docType: 1, nowUnix: 1_800_000_000 });
    assert.equal(message.commitment, `0x${sealed.commitment}`);
    assert.equal(message.publicCommitment, `0x${await sha256Text(sealed.shown)}`);
    const typed = await typedData(message, { ...SCOPE, origin: "https://desk.example" });
    assert.equal(typed.domain.salt, `0x${await sha256Text("https://desk.example")}`);
    assert.deepEqual(Object.keys(message), typed.types.DocumentStatement.map(({ name }) => name));
  });
});

/** @param {string} name @param {string} kind @param {object} [more] */
const spec = (name, kind, more = {}) => ({
  name, kind, public: true, required: true, check: "", labelEn: name, labelZh: name, ...more,
});

describe("the form", () => {
  it("reads what was typed and guesses nothing", () => {
    /** @type {[string, string, unknown][]} */
    const good = [
      ["text", " NZCN-1 ", "NZCN-1"], ["number", "10368.0", 10368], ["number", "-0.5", -0.5],
      ["integer", "11520", 11520], ["date", "2026-02-11", "2026-02-11"], ["flag", "false", false],
      ["time", "2026-03-26T09:00:00+08:00", "2026-03-26T09:00:00+08:00"], ["country", "nz", "NZ"],
      ["list", "A\n\n B ", ["A", "B"]], ["list", '[{"a":1}]', [{ a: 1 }]], ["object", '{"a":1}', { a: 1 }],
    ];
    for (const [kind, text, value] of good) assert.deepEqual(parseInput(spec("x", kind), text), { value }, text);
    const bad = [
      ["number", "10,368"], ["number", "1e3"], ["number", "10.368.0"], ["integer", "1.5"], ["date", "2026-02-30"],
      ["date", "11/02/2026"], ["time", "2026-03-26T09:00:00"], ["time", "2026-03-26T25:00:00+08:00"], ["flag", "yes"],
      ["time", "2026-02-30T09:00:00Z"], ["country", "NZL"], ["list", "[1"], ["object", "[]"], ["object", "x"],
    ];
    for (const [kind, text] of bad) assert.match(parseInput(spec("x", kind), text).problem?.key ?? "", /^desk\.form\./, text);
    assert.deepEqual(parseInput(spec("x", "text"), "  "), {});
    const choice = spec("x", "choice", { choices: ["pass", "fail"] });
    assert.equal(parseInput(choice, "maybe").problem?.key, "desk.form.choice");
  });

  it("shows a value so that it reads back as itself", () => {
    for (const [kind, value] of /** @type {[string, unknown][]} */ ([
      ["number", 10368.5], ["list", ["A26B11K1"]], ["list", [{ a: 1 }]], ["list", ["[1"]], ["object", { a: [1] }], ["flag", true],
    ])) assert.deepEqual(parseInput(spec("x", kind), inputText(spec("x", kind), value)).value, value);
  });

  it("says of every field where its text is from", () => {
    const specs = [spec("netKg", "number"), spec("coNo", "text"), spec("lot", "text", { required: false })];
    const reading = [{ name: "netKg", value: 10368, page: 2, quote: "Net 10368 kg" }];
    const texts = firstTexts(specs, reading);
    assert.deepEqual(texts, { netKg: "10368", coNo: "", lot: "" });
    assert.deepEqual(specs.map((one) => markOf(one, reading, texts[one.name])), ["read", "unread", "optional"]);
    assert.deepEqual(specs.map((one) => markOf(one, reading, "7")), ["changed", "typed", "typed"]);
    const { values, problems } = judge(specs, texts);
    assert.deepEqual(values, { netKg: 10368 });
    assert.deepEqual(problems, { coNo: { key: "desk.form.missing" } });
  });

  it("tells a day without its time from a whole moment", () => {
    const issued = spec("issuedAt", "time");
    const reading = [{ name: "issuedAt", value: "2026-03-26", page: 1, quote: "26 March 2026" }];
    const marks = ["2026-03-26", "2026-03-26T09:00:00+08:00", "2026-03-27T09:00:00+08:00"].map((text) => markOf(issued, reading, text));
    assert.deepEqual(marks, ["part", "read", "changed"]);
    assert.equal(parseInput(issued, "2026-03-26").problem?.key, "desk.form.time");
  });

  it("puts each value on its side of the seal", () => {
    const specs = [spec("netKg", "number"), spec("valueUsd", "number", { public: false })];
    const values = { number: "1", issuedAt: PAPER.issuedAt, netKg: 1, valueUsd: 2 };
    const paper = toPaper("PACKING_LIST", specs, values, { issuer: PAPER.issuer, file: "" });
    assert.deepEqual([paper.open, paper.sealed, paper.number], [{ netKg: 1 }, { valueUsd: 2 }, "1"]);
  });
});

describe("drafts", () => {
  it("survive a reload and end at sign-out", () => {
    /** @type {Record<string, string>} */
    const kept = {};
    const hidden = { enumerable: false };
    const store = /** @type {any} */ (Object.defineProperties(kept, {
      getItem: { ...hidden, value: (/** @type {string} */ key) => kept[key] ?? null },
      setItem: { ...hidden, value: (/** @type {string} */ key, /** @type {string} */ text) => { kept[key] = text; } },
      removeItem: { ...hidden, value: (/** @type {string} */ key) => { delete kept[key]; } },
    }));
    const draft = /** @type {any} */ ({ id: "01A", gln: "1", texts: { a: "b" } });
    saveDraft(draft, store);
    kept.other = "stays";
    assert.deepEqual(loadDraft("01A", store), draft);
    clearDrafts("1", store);
    assert.deepEqual(loadDraft("01A", store), draft);
    clearDrafts("2", store);
    assert.equal(loadDraft("01A", store), null);
    assert.equal(kept.other, "stays");
  });
});

describe("names of documents", () => {
  it("are ULIDs in the order of time", () => {
    const [first, second] = [drawUlid(1_700_000_000_000), drawUlid(1_700_000_000_001)];
    assert.match(first, /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
    assert.ok(first.slice(0, 10) < second.slice(0, 10));
    assert.notEqual(drawUlid(1).slice(10), drawUlid(1).slice(10));
  });
});

describe("a batch", () => {
  it("is a GTIN and a lot, or the address on a tin", () => {
    const name = { gtin: "09520010001015", lot: "A26B11K1" };
    assert.equal(readGtin("9520010001015"), name.gtin);
    assert.equal(readGtin("9520010001016"), "");
    assert.equal(readGtin(""), "");
    assert.equal(readLot(" A26B11K1 "), name.lot);
    assert.equal(readLot("A 1"), "");
    for (const link of [
      "https://id.example/01/09520010001015/10/A26B11K1/21/0001?17=280210",
      "https://id.example/01/09520010001015/22/V1/10/A26B11K1",
      "/01/09520010001015/10/A26B11K1",
    ]) assert.deepEqual(readLink(link), name);
    assert.deepEqual(readLink("https://x/01/09520010001015/10/A%2F1"), { ...name, lot: "A/1" });
    for (const link of ["https://x/01/09520010001016/10/A1", "https://x/01/09520010001015", "nonsense", "/01/09520010001015/10/%E0"]) {
      assert.equal(readLink(link), null, link);
    }
  });

  it("and one of its papers stand in the page's own address", () => {
    const batch = { gtin: "09520010001015", lot: "A/1" };
    assert.deepEqual(readHash(batchHash(batch)), { batch, type: "", id: "" });
    assert.deepEqual(readHash(paperHash(batch, "HALAL", "new")), { batch, type: "HALAL", id: "new" });
    assert.deepEqual(readHash("#/"), { batch: null, type: "", id: "" });
  });
});

describe("a file", () => {
  it("is refused before it is sent when the desk would refuse it", () => {
    assert.equal(refusal({ name: "a.PDF", size: 1 }), "");
    assert.equal(refusal({ name: "a.docx", size: 1 }), "desk.upload.wrong_type");
    assert.equal(refusal({ name: "pdf", size: 1 }), "desk.upload.wrong_type");
    assert.equal(refusal({ name: "a.pdf", size: 0 }), "desk.upload.empty");
    assert.equal(refusal({ name: "a.png", size: 20 * 2 ** 20 + 1 }), "desk.upload.too_large");
  });
});
