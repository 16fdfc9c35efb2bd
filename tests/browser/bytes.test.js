// @ts-check
/** Kinds, ledger bytes, Merkle proofs and documents agree with Solidity and Python. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { commitment, fieldLeaf, parseView, withheld } from "../../scanner_app/documents.js";
import { CLASS_ROLES, DOCUMENT_KINDS, INDEPENDENT, KINDS, WHILE_HELD, kindName } from "../../scanner_app/kinds.js";
import { batchId, fold, genesisHead, sha256, utf8 } from "../../scanner_app/hashes.js";
import { leafHash, verifyInclusion } from "../../scanner_app/inclusion.js";
import { unpack } from "../../scanner_app/ledger.js";
import { root } from "../../scanner_app/merkle.js";
import { load, loadAll } from "./vectors.js";

/** @param {string} hex */
const bare = (hex) => hex.replace(/^0x/, "");

describe("kinds", () => {
  const shared = load("kinds.json");

  it("are the same table", () => {
    assert.deepEqual(KINDS, shared.kinds);
    assert.deepEqual(new Set(INDEPENDENT), new Set(shared.independentClasses.map((/** @type {any} */ c) => shared.classes[c] ?? c)));
    assert.deepEqual(new Set(WHILE_HELD), new Set(shared.classesWhileHeld.map((/** @type {any} */ c) => shared.classes[c] ?? c)));
  });

  it("need the same roles", () => {
    for (const [name, roles] of Object.entries(shared.classRoles)) {
      assert.equal(CLASS_ROLES[shared.classes[name] ?? name], roles, name);
    }
  });

  it("have names, unknown ones too", () => {
    assert.equal(kindName(0x11), "MILK_COLLECTION");
    assert.equal(kindName(0x01), "0x01");
    assert.deepEqual(DOCUMENT_KINDS.map(kindName), [
      "LAB_REPORT", "CERTIFICATE", "CLEARANCE_CLAIM", "CLEARANCE_CONFIRMATION", "CUSTOMS_DOCUMENT", "DOCUMENT",
    ]);
  });
});

describe("ledger", () => {
  it("hashes what SHA-256 hashes", async () => {
    assert.equal(await sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert.equal(await sha256(utf8("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });

  for (const [name, one] of loadAll("ledger")) {
    it(name, async () => {
      const id = await batchId(one.gtin, one.lot);
      const genesis = await genesisHead(one.chainId, bare(one.contract), bare(one.batchId));
      let head = bare(one.head0);
      for (const append of one.appends) head = await fold(head, { ...append, records: bare(append.records) });
      const found = {
        batchId: id === bare(one.batchId),
        head0: genesis === bare(one.head0),
        head: head === bare(one.head),
      };
      const first = Object.entries(found).find(([, isRight]) => !isRight)?.[0];
      assert.equal(first, one.valid ? undefined : one.foundBy);
    });
  }

  it("reads records", () => {
    for (const [name, one] of loadAll("ledger").filter(([, each]) => each.valid)) {
      const appends = one.appends.map((/** @type {any} */ append) => ({ ...append, records: bare(append.records) }));
      const fields = one.appends.flatMap((/** @type {any} */ append) => append.fields);
      const rows = unpack(appends).map((row) => ({
        kind: row.kind,
        occurredAt: row.occurredAt,
        location: Number(row.location ?? 0),
        digest: `0x${row.digest}`,
      }));
      assert.deepEqual(rows, fields, name);
    }
  });
});

describe("merkle", () => {
  for (const [name, one] of loadAll("merkle")) {
    it(name, async () => {
      const isIn = await verifyInclusion(one.leaf, one.index, one.size, one.proof, one.root);
      assert.equal(isIn, one.valid);
      if (one.leaves) {
        assert.equal(await root(await Promise.all(one.leaves.map(leafHash))), one.root);
      }
    });
  }

  it("of nothing is SHA-256 of nothing", async () => {
    assert.equal(await root([]), await sha256(""));
  });
});

describe("documents", () => {
  for (const [name, one] of loadAll("documents")) {
    it(name, async () => {
      const view = parseView(one.view);
      const steps = {
        parse: view !== null,
        batch: view?.batchId === one.batchId,
        issuer: view?.issuer === one.issuer,
        commitment: !!view && (await commitment(view, one.chainId, one.contract)) === one.commitment,
        open: !!view && withheld(view) === null,
      };
      const failed = Object.entries(steps).find(([, isRight]) => !isRight)?.[0];
      assert.equal(failed, one.valid ? undefined : one.foundBy);
      if (one.leaves && view) {
        const leaves = await Promise.all(view.fields.map((field) => (
          "leaf" in field ? field.leaf : fieldLeaf(field.name, field.value, field.salt))));
        assert.deepEqual(leaves, one.leaves);
        assert.equal(await root(leaves), one.fieldRoot);
      }
    });
  }
});
