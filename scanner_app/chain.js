// @ts-check
/**
 * Ask a node for all the facts that prove a batch: its views, and its logs. Every failure, a wrong
 * shape too, is an Error: the check then ends "could not ask", never "forged".
 */
import {
  ATTEMPTS, VIEWS, ask as askShort, data, finalityOf, glnOf, partiesInput, quantity, readBatch, readParties, whole,
} from "./node.js";
import { doubtfulOf } from "./protocol.js";
import { KEYS_OF, fetchSigners, reader } from "./signers.js";

/**
 * @typedef {import("./evidence.js").Bundle} Bundle
 * @typedef {import("./node.js").Call} Call
 * @typedef {{ blockNumber: number, blockHash: string, transactionHash: string, logIndex: number,
 *   sequence: number, gln: string, head: string }} Log
 * @typedef {{ chainId: number, genesisHash: string, deployBlock: number | null,
 *   blockNumber: number, blockHash: string, blockTime: number, final: boolean,
 *   mirrorBlockNumber: number, mirrorBlockHash: string | null, mirrorBlockTime: number | null }} NodeRow
 * @typedef {{ node: NodeRow,
 *   batch: import("./node.js").BatchFacts,
 *   parties: Record<string, import("./node.js").PartyFacts>,
 *   registered: (Log & { gtin: string, lot: string }) | null,
 *   appended: (Log & { records: string })[],
 *   signers: Record<number, import("./signers.js").SignerFacts> }} Facts
 */

/** Selectors and topics; tests/vectors/abi.json has the same from the compiler. */
export const ABI = {
  ...VIEWS,
  keysOf: KEYS_OF,
  LedgerCreated: "0xedf9414274a98e450d645ef18e8f58483b2fd07e303930c72ef8ea94e44a9a63",
  BatchRegistered: "0x2654a3a03c814d63237d8f0ed3aef8a16ed76c15443282a08a4d6783b48dcb9f",
  Appended: "0xa17902b9c7c8519c0e5bdee662888bc3c0005de316ab25af42e20eac9167234e",
};

const MIN_SPAN = 16; // blocks; a node that refuses the logs of so few serves no logs at all
const HASH_DIGITS = 64;
const MAX_ANSWER_CHARS = 32 * 2 ** 20; // the longest history a bundle may have, twice over

/** @param {Response} response */
async function readText(response) {
  const stream = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let part = await stream?.read(); part && !part.done; part = await stream?.read()) {
    text += decoder.decode(part.value, { stream: true });
    if (text.length > MAX_ANSWER_CHARS) throw new Error("the node's answer is too long");
  }
  return text;
}

/** Like `ask` of node.js, for answers that may be long. @param {string} url @param {Call[]} calls @param {string} [mayFail] */
const ask = (url, calls, mayFail) => askShort(url, calls, mayFail, null, readText);

/** @param {string} hex */
const ascii = (hex) => String.fromCharCode(...(hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16)));

/** Logs of a range, halved as long as the node refuses it. @param {string} url @param {object} filter @param {number} first @param {number} last @returns {Promise<any[]>} */
async function fetchLogs(url, filter, first, last) {
  if (first > last) return [];
  const range = { ...filter, fromBlock: quantity(first), toBlock: quantity(last) };
  const isSmall = last - first < MIN_SPAN;
  const [logs] = await ask(url, [["eth_getLogs", range]], isSmall ? "" : "eth_getLogs");
  if (logs) return logs;
  const middle = Math.floor((first + last) / 2);
  return [...(await fetchLogs(url, filter, first, middle)), ...(await fetchLogs(url, filter, middle + 1, last))];
}

/** @param {any} block */
const readBlock = (block) => ({
  blockNumber: whole(block?.number),
  blockHash: data(block?.hash, HASH_DIGITS),
  blockTime: whole(block?.timestamp),
});

/** @param {any} log */
function readLog(log) {
  const fields = reader(data(log.data));
  return {
    fields,
    sequence: fields.number(),
    gln: glnOf(whole(log.topics?.[2])),
    blockNumber: whole(log.blockNumber),
    blockHash: data(log.blockHash, HASH_DIGITS),
    transactionHash: data(log.transactionHash, HASH_DIGITS),
    logIndex: whole(log.logIndex),
  };
}

/** @param {any} log */
function readAppended(log) {
  const { fields, ...row } = readLog(log);
  return { ...row, head: fields.next(), records: fields.bytes() };
}

/** @param {any} log */
function readRegistered(log) {
  const { fields, ...row } = readLog(log);
  const gtin = ascii(fields.next().slice(0, 28));
  return { ...row, gtin, lot: ascii(fields.bytes()), head: fields.next() };
}

/**
 * Read what proves a bundle, all at the node's newest block. That counts as final when nothing was
 * written to the batch since the newest final block, so that nothing said here can be taken back.
 *
 * @param {string} url the node
 * @param {Bundle} bundle
 * @param {{ finality?: string | number }} [options] a block tag or a number of blocks; by default
 *   "finalized", and none on a development chain
 * @returns {Promise<Facts>}
 */
export async function fetchFacts(url, bundle, { finality = "" } = {}) {
  const { chain, mirror, batch } = bundle;
  const rule = finalityOf(finality, chain.chainId);
  const isDepth = /^\d+$/.test(rule);
  const to = `0x${chain.contract}`;
  const deployed = quantity(chain.deployBlock);
  const glns = [...new Set([batch.owner, ...bundle.appends.map((one) => one.gln), ...Object.keys(bundle.parties)])];
  const topics = [[ABI.BatchRegistered, ABI.Appended], `0x${batch.batchId}`];
  /** @param {string} tag @returns {Call} */
  const block = (tag) => ["eth_getBlockByNumber", tag, false];
  /** @param {string} input @returns {Call} */
  const view = (input) => ["eth_call", { to, data: input }, "latest"];
  const [creation, history] = [[ABI.LedgerCreated], topics].map((wanted) => ({ address: to, topics: wanted }));
  /** @param {object} filter @param {string} toBlock @returns {Call} */
  const logsOf = (filter, toBlock) => ["eth_getLogs", { ...filter, fromBlock: deployed, toBlock }];
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const [chainId, genesis, newest, settled, known, stored, party, first, all, newestAfter] = await ask(url, [
      ["eth_chainId"], block("0x0"), block("latest"), block(isDepth ? "latest" : rule),
      block(quantity(mirror.blockNumber)), view(ABI.batchOf + batch.batchId), view(partiesInput(glns)),
      logsOf(creation, deployed), logsOf(history, "latest"), block("latest"),
    ], "eth_getLogs");
    const [here, after] = [readBlock(newest), readBlock(newestAfter)];
    if (here.blockHash !== after.blockHash) continue; // the chain grew meanwhile
    // A node may refuse a long range; one without the deploy block has no logs of the ledger.
    const lacks = chain.deployBlock > here.blockNumber;
    const created = first ?? (lacks ? [] : await fetchLogs(url, creation, chain.deployBlock, chain.deployBlock));
    const logs = all ?? await fetchLogs(url, history, chain.deployBlock, here.blockNumber);
    const last = isDepth ? here.blockNumber - Number(rule) : settled ? readBlock(settled).blockNumber : -1;
    const mirrored = known ? readBlock(known) : null;
    const parties = readParties(party, glns);
    const registered = logs.find((/** @type {any} */ log) => log.topics[0] === ABI.BatchRegistered);
    return {
      node: {
        chainId: whole(chainId),
        genesisHash: readBlock(genesis).blockHash,
        deployBlock: created.length ? whole(created[0].blockNumber) : null,
        ...here,
        final: logs.every((/** @type {any} */ log) => whole(log.blockNumber) <= last),
        mirrorBlockNumber: mirror.blockNumber,
        mirrorBlockHash: mirrored && mirrored.blockHash,
        mirrorBlockTime: mirrored && mirrored.blockTime,
      },
      batch: readBatch(stored),
      parties,
      registered: registered ? readRegistered(registered) : null,
      appended: logs.filter((/** @type {any} */ log) => log.topics[0] === ABI.Appended).map(readAppended),
      signers: await fetchSigners(url, doubtfulOf(bundle.appends, parties), to),
    };
  }
  throw new Error("the node's newest block changes during every request");
}
