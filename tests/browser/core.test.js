// @ts-check
/** The page's first check finds what the whole check finds, where it can, and asks little. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import { verifyCore, writersOf } from "../../scanner_app/core-check.js";
import { fetchCoreFacts, questionsOf } from "../../scanner_app/core-facts.js";
import { bodyOf } from "../../scanner_app/node.js";
import { overall } from "../../scanner_app/protocol.js";
import { verifyBundle } from "../../scanner_app/verify.js";
import { coreFactsOf, coreOf } from "./core_cases.js";
import { load, loadAll, wholeCase } from "./vectors.js";

/** @typedef {import("../../scanner_app/steps.js").Check} Check */

const GOOD = load("bundles/good.json");

/** Vectors that need what a core lacks, and the checks that differ; tests/unit/test_core_vectors.py says why. */
const EXCEPTIONS = /** @type {[RegExp, string[]][]} */ ([
  [/^good\.append(?:-cut-short|-doubled|s-exchanged|\[1\]\.(?:recordedAt|gln|records))$/, ["records-fold", "head-on-chain"]],
  [/^good\.(?:batch\.batchId|chain\.chainId|chain\.contract)$/, ["records-fold", "head-on-chain", "batch-row"]],
  [/^good\.batch\.(?:gtin|lot|sequence|blockNumber|blockHash|transactionHash|logIndex)$/, ["batch-row"]],
  [/^good\.(?:batch-unknown|node-shows-no-reg|registered-)/, ["batch-row"]],
  [/^good\.chain\.(?:genesisHash|deployBlock)$|^good\.ledger-created-elsewhere$/, ["same-chain"]],
  [/^good\.append\[1\]\.head$/, ["records-fold"]],
  [/^good\.recall-withheld$/, ["head-on-chain"]],
  [/^good\.batch\.holds$/, ["hold"]],
  [/^good\.batch\.recalled$/, ["recall"]],
  [/^good\.key-distrusted$/, ["keys"]],
]);

/** @param {any} one @param {{ core?: any, facts?: any, tin?: any, before?: string }} [change] */
async function verifyFirst({ bundle, facts, nodeError, asOfUnix, link }, change = {}) {
  const core = change.core ?? coreOf(bundle);
  const told = "facts" in change ? change.facts : await coreFactsOf(core, facts);
  const tin = "tin" in change ? change.tin : bundle.tin;
  return verifyCore(core, tin, told, { nodeError, asOfUnix, link, before: change.before });
}

/** @param {Check[]} checks @param {string} name */
const statusOf = (checks, name) => checks.find((check) => check.name === name && check.status !== "VALID")?.key ?? "VALID";

describe("the first check", () => {
  for (const [name, twin] of loadAll("bundles")) {
    it(`finds in ${name} what the whole check finds`, async () => {
      const one = wholeCase(twin);
      const first = await verifyFirst(one);
      const { nodeError, asOfUnix, link } = one;
      const whole = await verifyBundle(one.bundle, one.facts, { nodeError, asOfUnix, link });
      const excepted = EXCEPTIONS.filter(([pattern]) => pattern.test(name)).flatMap(([, names]) => names);
      const names = first.map((check) => check.name).filter((each) => each !== "expiry" && !excepted.includes(each));
      /** @param {Check[]} checks */
      const compared = (checks) => checks.filter((check) => names.includes(check.name))
        .map((check) => [check.step, check.name, check.status, check.subject, check.key].join(" ")).sort();
      assert.deepEqual(compared(first), compared(whole));
    });
  }

  it("proves the good core, and takes the date from the page", async () => {
    const checks = await verifyFirst(GOOD, { before: "2099-01-01" });
    assert.equal(overall(checks), "VALID");
    assert.equal(statusOf(await verifyFirst(GOOD, { before: "2001-01-01" }), "expiry"), "expiry.expired");
  });

  it("calls a withheld record INVALID where the mirror says it has read so far", async () => {
    const one = wholeCase(load("bundles/good.recall-withheld.json"));
    assert.equal(statusOf(await verifyFirst(one), "head-on-chain"), "head-on-chain.newer");
    one.bundle.mirror.blockNumber = one.facts.node.blockNumber;
    const checks = await verifyFirst(one);
    assert.equal(statusOf(checks, "head-on-chain"), "head-on-chain.differs");
    assert.equal(statusOf(checks, "recall"), "recall.recalled");
  });

  it("leaves open what a node no longer remembers", async () => {
    const one = wholeCase(load("bundles/good.recall-withheld.json"));
    one.bundle.mirror.blockNumber = one.facts.node.blockNumber;
    const facts = { ...(await coreFactsOf(coreOf(one.bundle), one.facts)), mirrorHead: null };
    assert.equal(statusOf(await verifyFirst(one, { facts }), "head-on-chain"), "head-on-chain.newer");
  });

  /** @type {Record<string, [(core: any) => void, string]>} */
  const lies = {
    "a head": [(core) => { core.batch.head = "00".repeat(32); }, "records-fold.batch"],
    "a record": [(core) => { core.appends[1].records = core.appends[1].records.replace(/^../, "c1"); }, "records-fold.batch"],
    "an append left out": [(core) => { core.appends.splice(1, 1); }, "records-fold.batch"],
    "the last append left out, and the head with it": [(core) => {
      core.appends.pop();
      core.batch.head = GOOD.bundle.appends.at(-2).head;
    }, "head-on-chain.differs"],
    "a writer": [(core) => { core.appends[1].gln = core.appends[0].gln; }, "records-fold.batch"],
    "a flag": [(core) => { core.batch.recalled = true; }, "batch-row.differs"],
  };
  for (const [what, [spoil, key]] of Object.entries(lies)) {
    it(`names ${what}`, async () => {
      const core = structuredClone(coreOf(GOOD.bundle));
      spoil(core);
      const checks = await verifyFirst(GOOD, { core });
      assert.ok(checks.some((check) => check.key === key && check.status === "INVALID"), JSON.stringify(checks));
    });
  }

  it("names a tin's altered proof", async () => {
    const tin = structuredClone(GOOD.bundle.tin);
    tin.index += 1;
    assert.equal(statusOf(await verifyFirst(GOOD, { tin }), "tin-issued"), "tin-issued.proof");
    assert.equal(statusOf(await verifyFirst(GOOD, { tin: null }), "tin-issued"), "tin-issued.absent");
  });

  it("never finds VALID what is no core", async () => {
    const core = coreOf(GOOD.bundle);
    const facts = await coreFactsOf(core, GOOD.facts);
    for (const broken of [{}, { ...core, appends: [] }, { ...core, batch: {} }, { ...core, chain: {} }, { ...core, appends: [{}] }]) {
      const outcome = await verifyFirst(GOOD, { core: broken, facts }).then(overall, () => "threw");
      assert.ok(["INVALID", "threw"].includes(outcome), JSON.stringify(broken));
    }
    for (const tin of [{}, { ...GOOD.bundle.tin, proof: 5 }, { ...GOOD.bundle.tin, root: null }]) {
      const outcome = await verifyFirst(GOOD, { tin, facts }).then(overall, () => "threw");
      assert.ok(["INVALID", "threw"].includes(outcome), JSON.stringify(tin));
    }
  });
});

describe("fetchCoreFacts", () => {
  const core = coreOf(GOOD.bundle);
  /** @type {any[]} */
  let asked = [];
  /** @type {(call: any) => unknown} */
  let answer = () => null;
  let refuses = 0;
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      const calls = JSON.parse(body);
      asked.push(calls);
      response.writeHead(refuses-- > 0 ? 503 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(calls.map((/** @type {any} */ call) => {
        const result = answer(call);
        return result === undefined ? { id: call.id, error: { message: "no such state" } } : { id: call.id, result };
      })));
    });
  });
  let url = "";
  before(async () => {
    await new Promise((done) => server.listen(0, "127.0.0.1", () => done(null)));
    url = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`;
  });
  after(() => server.close());

  /** @param {string | number} value */
  const word = (value) => (typeof value === "number" ? value.toString(16) : value).padStart(64, "0");

  /** An honest node that says what a case's facts say. @param {any} facts @param {Record<string, string>} [heads] heads at other blocks */
  function honest(facts, heads = {}) {
    asked = [];
    refuses = 0;
    answer = ({ method, params }) => {
      const { batch, node, parties } = facts;
      if (method === "eth_chainId") return `0x${node.chainId.toString(16)}`;
      if (method === "eth_blockNumber") return `0x${node.blockNumber.toString(16)}`;
      const [{ data }, tag] = params;
      if (data.startsWith("0xaee05732")) {
        const head = tag === "latest" ? batch.head : heads[tag];
        if (head === undefined) return undefined;
        return `0x${[head, word(Number(batch.owner)), word(batch.holds), word(batch.holdRound), word(Number(batch.recalled))].join("")}`;
      }
      const words = data.slice(10 + 128).match(/.{64}/g);
      const rows = words.map((/** @type {string} */ gln) => parties[String(Number(`0x${gln}`)).padStart(13, "0")])
        .map((/** @type {any} */ p) => [word(p.admin), word(p.roles), word(p.status), word(p.distrustFrom), p.profileDigest]);
      return `0x${word(32)}${word(rows.length)}${rows.flat().join("")}`;
    };
  }

  it("needs one request, without logs and without blocks", async () => {
    honest(GOOD.facts);
    const facts = await fetchCoreFacts(url, core, { finality: 0 });
    assert.deepEqual(facts, { ...(await coreFactsOf(core, GOOD.facts)), node: { ...facts.node, final: true } });
    assert.equal(asked.length, 1);
    assert.deepEqual([...new Set(asked[0].map((/** @type {any} */ call) => call.method))].sort(), ["eth_blockNumber", "eth_call", "eth_chainId"]);
  });

  it("takes an answer that is on its way, if the question is the same", async () => {
    honest(GOOD.facts);
    const body = bodyOf(questionsOf(core, "0"));
    const early = fetch(url, { method: "POST", body });
    await fetchCoreFacts(url, core, { finality: 0, asked: body, early });
    assert.equal(asked.length, 1);
    const other = fetch(url, { method: "POST", body: "[]" });
    await fetchCoreFacts(url, core, { finality: 0, asked: "[]", early: other });
    assert.equal(asked.length, 3);
  });

  it("asks again where the early answer is none", async () => {
    honest(GOOD.facts);
    const body = bodyOf(questionsOf(core, "0"));
    refuses = 1;
    const early = fetch(url, { method: "POST", body });
    assert.equal((await fetchCoreFacts(url, core, { finality: 0, asked: body, early })).batch.head, GOOD.facts.batch.head);
    assert.equal(asked.length, 2);
  });

  it("is final when the head was the same at the final block", async () => {
    const { head } = GOOD.facts.batch;
    const depth = `0x${(GOOD.facts.node.blockNumber - 12).toString(16)}`;
    for (const [finality, heads, final] of /** @type {[string | number, Record<string, string>, boolean][]} */ ([
      ["finalized", { finalized: head }, true],
      ["finalized", { finalized: GOOD.bundle.appends[0].head }, false],
      [12, { [depth]: head }, true],
      [12, { [depth]: GOOD.bundle.appends[0].head }, false],
      [12, {}, false],
    ])) {
      honest(GOOD.facts, heads);
      assert.equal((await fetchCoreFacts(url, core, { finality })).node.final, final, `${finality} ${JSON.stringify(heads)}`);
    }
  });

  it("asks for the head at the mirror's block only where the heads differ", async () => {
    const shown = { ...GOOD.bundle, mirror: { ...GOOD.bundle.mirror, blockNumber: GOOD.facts.node.blockNumber - 1 } };
    const late = coreOf({ ...shown, batch: { ...shown.batch, head: shown.appends.at(-2).head }, appends: shown.appends.slice(0, -1) });
    const tag = `0x${shown.mirror.blockNumber.toString(16)}`;
    honest(GOOD.facts, { [tag]: late.batch.head });
    assert.equal((await fetchCoreFacts(url, late, { finality: 0 })).mirrorHead, late.batch.head);
    assert.equal(asked.length, 2);
    honest(GOOD.facts);
    assert.equal((await fetchCoreFacts(url, late, { finality: 0 })).mirrorHead, null);
  });

  it("asks again while the chain grows, and gives up when it always does", async () => {
    honest(GOOD.facts);
    const honestly = answer;
    let number = 0;
    answer = (call) => (call.method === "eth_blockNumber" ? `0x${(number < 3 ? number += 1 : 9).toString(16)}` : honestly(call));
    assert.equal((await fetchCoreFacts(url, core, { finality: 0 })).node.blockNumber, 9);
    answer = (call) => (call.method === "eth_blockNumber" ? `0x${(number += 1).toString(16)}` : honestly(call));
    await assert.rejects(fetchCoreFacts(url, core, { finality: 0 }), /changes/);
  });

  it("fails where nobody is there", async () => {
    await assert.rejects(fetchCoreFacts("http://127.0.0.1:1/", core), Error);
  });

  it("names the owner and every writer once, in order", () => {
    const writers = writersOf(core);
    assert.deepEqual(writers, [...new Set(writers)].sort());
    assert.ok(writers.includes(core.batch.owner));
  });
});
