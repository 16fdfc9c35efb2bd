// @ts-check
/** Asking a node: what is asked, how answers are read, and that every failure is an error. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import { ABI, fetchFacts } from "../../scanner_app/chain.js";
import { overall } from "../../scanner_app/protocol.js";
import { verifyBundle } from "../../scanner_app/verify.js";
import { load, wholeCase } from "./vectors.js";

const GOOD = load("bundles/good.json");
const DOUBTFUL = wholeCase(load("bundles/good.key-distrusted.json"));

/** @param {string | number} value @param {number} [digits] */
const word = (value, digits = 64) =>
  (typeof value === "number" ? value.toString(16) : value).padStart(digits, "0");
/** @param {number} value */
const quantity = (value) => `0x${value.toString(16)}`;
/** @param {string} text */
const hexText = (text) => Buffer.from(text, "latin1").toString("hex");
/** @param {string} hex */
const bytes = (hex) => word(hex.length / 2) + hex.padEnd(Math.ceil(hex.length / 64) * 64, "0");

/** An honest node that says what a case's facts say. */
class Node {
  /** @param {any} facts @param {any} bundle */
  constructor(facts, bundle) {
    this.facts = facts;
    this.bundle = bundle;
    this.latest = facts.node.blockNumber;
    /** Blocks of which it gives logs at once. */
    this.span = Infinity;
    /** @type {string[]} */
    this.methods = [];
    /** @type {((answers: any[]) => any) | null} */
    this.spoil = null;
  }

  /** @param {string} tag */
  block(tag) {
    const { node } = this.facts;
    const at = tag === "latest" ? this.latest : tag === "finalized" ? this.latest - 1 : Number(tag);
    if (at > this.latest) return null;
    /** @type {Record<number, [string, number]>} */
    const known = {
      0: [node.genesisHash, 0],
      [node.mirrorBlockNumber]: [node.mirrorBlockHash, node.mirrorBlockTime],
      [node.blockNumber]: [node.blockHash, node.blockTime],
    };
    const [hash, time] = known[at] ?? [word(at), at];
    return { number: quantity(at), hash: `0x${hash}`, timestamp: quantity(time) };
  }

  /** @param {any} log @param {string} topic @param {string} data */
  log(log, topic, data) {
    return {
      topics: [topic, `0x${this.bundle.batch.batchId}`, `0x${word(Number(log.gln))}`],
      data: `0x${data}`,
      blockNumber: quantity(log.blockNumber),
      blockHash: `0x${log.blockHash}`,
      transactionHash: `0x${log.transactionHash}`,
      logIndex: quantity(log.logIndex),
    };
  }

  /** @param {any} filter */
  logs({ topics, fromBlock, toBlock }) {
    const { node, registered, appended } = this.facts;
    if (topics[0] === ABI.LedgerCreated) {
      return node.deployBlock === null ? [] : [{ blockNumber: quantity(node.deployBlock) }];
    }
    assert.deepEqual(topics, [[ABI.BatchRegistered, ABI.Appended], `0x${this.bundle.batch.batchId}`]);
    const first = registered && this.log(registered, ABI.BatchRegistered, [
      word(registered.sequence), hexText(registered.gtin).padEnd(64, "0"), word(128), registered.head,
      bytes(hexText(registered.lot)),
    ].join(""));
    const rest = appended.map((/** @type {any} */ log) => this.log(log, ABI.Appended, [
      word(log.sequence), log.head, word(96), bytes(log.records),
    ].join("")));
    const [from, to] = [Number(fromBlock), toBlock === "latest" ? this.latest : Number(toBlock)];
    if (to - from >= this.span) return null;
    return [first, ...rest].filter((log) => log && Number(log.blockNumber) >= from && Number(log.blockNumber) <= to);
  }

  /** @param {{ data: string }} call */
  call({ data }) {
    const { batch, parties, signers } = this.facts;
    if (data === ABI.batchOf + this.bundle.batch.batchId) {
      const { head, owner, holds, holdRound, recalled } = batch;
      return `0x${[head, word(Number(owner)), word(holds), word(holdRound), word(Number(recalled))].join("")}`;
    }
    const asked = (data.slice(10 + 128).match(/.{64}/g) ?? []);
    assert.equal(data.slice(10, 10 + 128), word(32) + word(asked.length));
    const rows = data.startsWith(ABI.partiesOf)
      ? asked.map((gln) => parties[String(Number(`0x${gln}`)).padStart(13, "0")])
        .map((p) => [word(p.admin), word(p.roles), word(p.status), word(p.distrustFrom), p.profileDigest])
      : asked.map((address) => Object.values(signers).find((/** @type {any} */ s) => word(s.address) === address))
        .map((s) => [word(Number(s.gln)), word(0), word(0), word(0), word(1), word(s.distrustFrom)]);
    return `0x${word(32)}${word(rows.length)}${rows.flat().join("")}`;
  }

  /** @param {any} request */
  answer({ id, method, params }) {
    this.methods.push(method);
    /** @type {Record<string, () => unknown>} */
    const results = {
      eth_chainId: () => quantity(this.facts.node.chainId),
      eth_getBlockByNumber: () => this.block(params[0]),
      eth_getLogs: () => this.logs(params[0]),
      eth_call: () => this.call(params[0]),
      eth_getTransactionByHash: () => {
        const append = this.bundle.appends.find((/** @type {any} */ a) => `0x${a.transactionHash}` === params[0]);
        return { from: `0x${this.facts.signers[append.sequence].address}` };
      },
    };
    const result = results[method]();
    const isRefused = method === "eth_getLogs" && result === null;
    return isRefused ? { jsonrpc: "2.0", id, error: { message: "range" } } : { jsonrpc: "2.0", id, result };
  }
}

describe("fetchFacts", () => {
  let node = new Node(GOOD.facts, GOOD.bundle);
  /** @type {(request: string) => [number, string]} */
  let serve = () => [500, ""];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      const [status, text] = serve(body);
      response.writeHead(status, { "content-type": "application/json" }).end(text);
    });
  });
  let url = "";
  before(async () => {
    await new Promise((done) => server.listen(0, "127.0.0.1", () => done(null)));
    url = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`;
  });
  after(() => server.close());

  /** @param {any} one */
  function honest({ facts, bundle }) {
    node = new Node(facts, bundle);
    serve = (request) => {
      const answers = JSON.parse(request).map((/** @type {any} */ call) => node.answer(call));
      return [200, JSON.stringify(node.spoil ? node.spoil(answers) : answers)];
    };
    return node;
  }

  it("reads every fact of an honest node in one request", async () => {
    honest(GOOD);
    assert.deepEqual(await fetchFacts(url, GOOD.bundle), GOOD.facts);
    assert.equal(node.methods.length, 10);
  });

  it("proves the good bundle", async () => {
    honest(GOOD);
    const facts = await fetchFacts(url, GOOD.bundle);
    const { asOfUnix, link } = GOOD;
    assert.equal(overall(await verifyBundle(GOOD.bundle, facts, { asOfUnix, link })), "VALID");
  });

  it("asks who signed where a key is distrusted", async () => {
    honest(DOUBTFUL);
    assert.deepEqual(await fetchFacts(url, DOUBTFUL.bundle), DOUBTFUL.facts);
    assert.ok(node.methods.includes("eth_getTransactionByHash"));
  });

  it("counts as final when nothing was written to the batch since the final block", async () => {
    honest(GOOD);
    const last = GOOD.facts.appended.at(-1).blockNumber;
    const cases = [[node.latest - last, true], [String(node.latest - last + 1), false], ["finalized", true]];
    for (const [finality, final] of cases) {
      const facts = await fetchFacts(url, GOOD.bundle, { finality });
      assert.deepEqual([facts.node.blockNumber, facts.node.final], [node.latest, final], finality);
    }
  });

  it("asks again when the chain grew meanwhile, and gives up when it always does", async () => {
    honest(GOOD);
    let grown = 0;
    /** @param {any[]} answers */
    const grow = (answers) => {
      const last = answers.length - 1;
      const result = { ...answers[last].result, hash: `0x${word(100 + grown)}` };
      return grown++ < 2 ? answers.with(last, { ...answers[last], result }) : answers;
    };
    node.spoil = grow;
    assert.deepEqual(await fetchFacts(url, GOOD.bundle), GOOD.facts);
    grown = -9;
    await assert.rejects(fetchFacts(url, GOOD.bundle), /changes/);
  });

  it("asks a node that limits ranges in smaller ones", async () => {
    honest(GOOD).span = 20;
    assert.deepEqual(await fetchFacts(url, GOOD.bundle), GOOD.facts);
    node.span = 0;
    await assert.rejects(fetchFacts(url, GOOD.bundle), /range/);
  });

  it("reads an address without a contract as a batch that nobody registered", async () => {
    honest(GOOD).spoil = (answers) => answers.map((one) => {
      if (Array.isArray(one.result)) return { ...one, result: [] };
      return typeof one.result === "string" && one.result.length > 66 ? { ...one, result: "0x" } : one;
    });
    const facts = await fetchFacts(url, GOOD.bundle);
    const { asOfUnix, link } = GOOD;
    const checks = await verifyBundle(GOOD.bundle, facts, { asOfUnix, link });
    assert.ok(checks.some((check) => check.key === "head-on-chain.unregistered"));
    assert.equal(facts.node.deployBlock, null);
  });

  it("knows that a node lags behind the mirror", async () => {
    honest(GOOD);
    const ahead = { ...GOOD.bundle, mirror: { ...GOOD.bundle.mirror, blockNumber: 900 } };
    const facts = await fetchFacts(url, ahead);
    assert.equal(facts.node.mirrorBlockHash, null);
    assert.equal(facts.node.mirrorBlockNumber, 900);
  });

  it("reads an unregistered batch", async () => {
    const unknown = structuredClone(GOOD);
    unknown.facts.registered = null;
    unknown.facts.appended = [];
    unknown.facts.batch.head = word("");
    honest(unknown);
    assert.deepEqual(await fetchFacts(url, GOOD.bundle), unknown.facts);
  });

  /** @type {Record<string, (answers: any[]) => any>} */
  const spoilt = {
    "an error": ([first, ...rest]) => [{ ...first, result: undefined, error: { message: "busy" } }, ...rest],
    "a missing answer": ([, ...rest]) => rest,
    "one answer for all": ([first]) => first,
    "no block": (answers) => answers.map((one) => ({ ...one, result: null })),
    "a short word": (answers) => answers.map((one) => (
      typeof one.result === "string" ? { ...one, result: one.result.slice(0, -2) } : one)),
    "a number for bytes": (answers) => answers.map((one) => ({ ...one, result: 5 })),
    "a log cut short": (answers) => answers.map((one) => (Array.isArray(one.result) && one.result[0]?.data
      ? { ...one, result: one.result.map((/** @type {any} */ log) => ({ ...log, data: log.data.slice(0, 200) })) } : one)),
    "a log without topics": (answers) => answers.map((one) => (Array.isArray(one.result) && one.result[0]?.data
      ? { ...one, result: one.result.map((/** @type {any} */ log) => ({ ...log, topics: [log.topics[0]] })) } : one)),
  };
  for (const [why, spoil] of Object.entries(spoilt)) {
    it(`fails on ${why}`, async () => {
      honest(GOOD).spoil = spoil;
      await assert.rejects(fetchFacts(url, GOOD.bundle), Error);
    });
  }

  it("fails on a refusal, on text that is no JSON, and on nobody there", async () => {
    serve = () => [503, "[]"];
    await assert.rejects(fetchFacts(url, GOOD.bundle), /HTTP 503/);
    serve = () => [200, "<html>"];
    await assert.rejects(fetchFacts(url, GOOD.bundle), SyntaxError);
    await assert.rejects(fetchFacts("http://127.0.0.1:1/", GOOD.bundle), Error);
  });

  it("stops reading an answer that never ends", async () => {
    serve = () => [200, `["${"x".repeat(33 * 2 ** 20)}"]`];
    await assert.rejects(fetchFacts(url, GOOD.bundle), /too long/);
  });
});

describe("constants", () => {
  it("are the compiler's", () => {
    const { functions, events } = load("abi.json");
    const all = { ...functions, ...events };
    for (const [name, value] of Object.entries(ABI)) {
      const signature = Object.keys(all).find((one) => one.startsWith(`${name}(`));
      assert.equal(all[signature ?? ""], value, name);
    }
  });
});
