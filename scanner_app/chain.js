// @ts-check
/**
 * Ask a node that the visitor chose, by JSON-RPC, for the few facts that prove a batch. Every
 * failure, a wrong shape too, is an Error: the check then ends "could not ask", never "forged".
 */

/**
 * @typedef {import("./evidence.js").Bundle} Bundle
 * @typedef {{ blockNumber: number, blockHash: string, transactionHash: string, logIndex: number,
 *   sequence: number, gln: string, head: string }} Log
 * @typedef {{ chainId: number, genesisHash: string, deployBlock: number | null,
 *   blockNumber: number, blockHash: string, blockTime: number, final: boolean,
 *   mirrorBlockNumber: number, mirrorBlockHash: string | null, mirrorBlockTime: number | null }} NodeRow
 * @typedef {{ node: NodeRow,
 *   batch: { head: string, owner: string, holds: number, holdRound: number, recalled: boolean },
 *   parties: Record<string, { admin: string, roles: number, status: number, distrustFrom: number,
 *     profileDigest: string }>,
 *   registered: (Log & { gtin: string, lot: string }) | null,
 *   appended: (Log & { records: string })[],
 *   signers: Record<number, { address: string, gln: string, distrustFrom: number }> }} Facts
 * @typedef {[method: string, ...params: unknown[]]} Call
 */

/** Selectors and topics; tests/vectors/abi.json has the same from the compiler. */
export const ABI = {
  batchOf: "0xaee05732",
  partiesOf: "0xbec57235",
  keysOf: "0x59ab8a1a",
  LedgerCreated: "0xedf9414274a98e450d645ef18e8f58483b2fd07e303930c72ef8ea94e44a9a63",
  BatchRegistered: "0x2654a3a03c814d63237d8f0ed3aef8a16ed76c15443282a08a4d6783b48dcb9f",
  Appended: "0xa17902b9c7c8519c0e5bdee662888bc3c0005de316ab25af42e20eac9167234e",
};

const LOCAL_CHAIN_ID = 31337; // a development chain is final at once
const TIMEOUT_MS = 15_000; // longer than any healthy node takes; a shop's network may be down
const MAX_ANSWER_CHARS = 32 * 2 ** 20; // the longest history a bundle may have, twice over
const MIN_SPAN = 16; // blocks; a node that refuses the logs of so few serves no logs at all
const ATTEMPTS = 5; // a chain that grows during five requests in a row grows too fast to be read
const WORD = 64; // hexadecimal digits of an ABI word

/** @param {number} value */
const quantity = (value) => `0x${value.toString(16)}`;

/** @param {string} hex */
const word = (hex) => hex.padStart(WORD, "0");

/** @param {unknown} value @returns {number} */
function whole(value) {
  const number = typeof value === "string" && /^0x[0-9a-f]+$/i.test(value) ? Number(value) : NaN;
  if (!Number.isSafeInteger(number)) throw new Error("the node's answer has a wrong number");
  return number;
}

/** Digits without 0x. @param {unknown} value @param {number} [digits] */
function data(value, digits = 0) {
  const hex = typeof value === "string" && /^0x(?:[0-9a-f]{2})*$/i.test(value) ? value.slice(2).toLowerCase() : null;
  if (hex === null || (digits && hex.length !== digits)) throw new Error("the node's answer has wrong bytes");
  return hex;
}

/** Reads ABI words one after the other. @param {string} hex */
function reader(hex) {
  let at = 0;
  const next = () => {
    const found = hex.slice(at, (at += WORD));
    if (found.length !== WORD) throw new Error("the node's answer is too short");
    return found;
  };
  const number = () => whole(`0x${next()}`);
  return {
    next,
    number,
    gln: () => String(number()).padStart(13, "0"),
    /** Bytes whose place the next word names. */
    bytes: () => {
      const start = number() * 2;
      const size = whole(`0x${hex.slice(start, start + WORD)}`) * 2;
      const found = hex.slice(start + WORD, start + WORD + size);
      if (found.length !== size) throw new Error("the node's answer is too short");
      return found;
    },
  };
}

/** @param {string} hex */
const ascii = (hex) => String.fromCharCode(...(hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16)));

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

/**
 * One POST with several calls; the results in their order.
 *
 * @param {string} url
 * @param {Call[]} calls
 * @param {string} [mayFail] a method whose refusal is no failure; its result is then undefined
 */
async function ask(url, calls, mayFail = "") {
  const body = JSON.stringify(calls.map(([method, ...params], id) => ({ jsonrpc: "2.0", id, method, params })));
  const headers = { "content-type": "application/json" };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { method: "POST", headers, body, signal, credentials: "omit" });
  if (!response.ok) throw new Error(`the node answers HTTP ${response.status}`);
  const answers = JSON.parse(await readText(response));
  if (!Array.isArray(answers)) throw new Error("the node does not answer in batches");
  return calls.map(([method], id) => {
    const answer = answers.find((one) => one?.id === id);
    if (answer?.error && method === mayFail) return undefined;
    if (!answer || answer.error) throw new Error(`${method}: ${answer?.error?.message ?? "no answer"}`);
    return answer.result;
  });
}

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
  blockHash: data(block?.hash, WORD),
  blockTime: whole(block?.timestamp),
});

/** @param {any} log */
function readLog(log) {
  const fields = reader(data(log.data));
  return {
    fields,
    sequence: fields.number(),
    gln: String(whole(log.topics?.[2])).padStart(13, "0"),
    blockNumber: whole(log.blockNumber),
    blockHash: data(log.blockHash, WORD),
    transactionHash: data(log.transactionHash, WORD),
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

/** @param {unknown} answer @param {string[]} glns @returns {Facts["parties"]} */
function readParties(answer, glns) {
  if (answer === "0x") answer = `0x${word("20")}${word(glns.length.toString(16))}${"0".repeat(5 * WORD * glns.length)}`;
  const fields = reader(data(answer));
  if (fields.number() !== 32 || fields.number() !== glns.length) throw new Error("the node's answer has a wrong length");
  return Object.fromEntries(glns.map((gln) => [gln, {
    admin: fields.next().slice(-40),
    roles: fields.number(),
    status: fields.number(),
    distrustFrom: fields.number(),
    profileDigest: fields.next(),
  }]));
}

/**
 * The keys that signed the appends recorded since a key of their party is distrusted.
 *
 * @param {string} url
 * @param {Bundle} bundle
 * @param {Facts["parties"]} parties
 * @param {string} to
 */
async function fetchSigners(url, bundle, parties, to) {
  const doubtful = bundle.appends.filter(({ gln, recordedAt }) => {
    const since = parties[gln]?.distrustFrom;
    return since && recordedAt >= since;
  });
  if (!doubtful.length) return {};
  const sent = await ask(url, doubtful.map((one) => ["eth_getTransactionByHash", `0x${one.transactionHash}`]));
  const senders = sent.map((transaction) => data(transaction?.from, 40));
  const input = ABI.keysOf + word("20") + word(senders.length.toString(16)) + senders.map(word).join("");
  const [answer] = await ask(url, [["eth_call", { to, data: input }, "latest"]]);
  const fields = reader(data(answer));
  if (fields.number() !== 32 || fields.number() !== senders.length) throw new Error("the node's answer has a wrong length");
  return Object.fromEntries(doubtful.map(({ sequence }, index) => {
    const gln = fields.gln();
    for (let skip = 0; skip < 4; skip += 1) fields.next();
    return [sequence, { address: senders[index], gln, distrustFrom: fields.number() }];
  }));
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
  const rule = String(finality) || (chain.chainId === LOCAL_CHAIN_ID ? "0" : "finalized");
  const isDepth = /^\d+$/.test(rule);
  const to = `0x${chain.contract}`;
  const deployed = quantity(chain.deployBlock);
  const glns = [...new Set([batch.owner, ...bundle.appends.map((one) => one.gln), ...Object.keys(bundle.parties)])];
  const listed = word("20") + word(glns.length.toString(16)) + glns.map((gln) => word(Number(gln).toString(16))).join("");
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
      block(quantity(mirror.blockNumber)), view(ABI.batchOf + batch.batchId), view(ABI.partiesOf + listed),
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
    const fields = reader(stored === "0x" ? "0".repeat(5 * WORD) : data(stored, 5 * WORD));
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
      batch: {
        head: fields.next(),
        owner: fields.gln(),
        holds: fields.number(),
        holdRound: fields.number(),
        recalled: fields.number() === 1,
      },
      parties,
      registered: registered ? readRegistered(registered) : null,
      appended: logs.filter((/** @type {any} */ log) => log.topics[0] === ABI.Appended).map(readAppended),
      signers: await fetchSigners(url, bundle, parties, to),
    };
  }
  throw new Error("the node's newest block changes during every request");
}
