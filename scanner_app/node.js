// @ts-check
/**
 * Ask a node that the visitor chose, by JSON-RPC. Every failure, a wrong shape too, is an Error:
 * the check then ends "could not ask", never "forged".
 */

/**
 * @typedef {[method: string, ...params: unknown[]]} Call
 * @typedef {{ head: string, owner: string, holds: number, holdRound: number, recalled: boolean }} BatchFacts
 * @typedef {{ admin: string, roles: number, status: number, distrustFrom: number, profileDigest: string }} PartyFacts
 * @typedef {{ address: string, gln: string, distrustFrom: number }} SignerFacts
 */

/** Selectors of the ledger's views; tests/vectors/abi.json has the same from the compiler. */
export const VIEWS = { batchOf: "0xaee05732", partiesOf: "0xbec57235", keysOf: "0x59ab8a1a" };

/** A chain that grows during so many requests in a row grows too fast to be read. */
export const ATTEMPTS = 5;

const LOCAL_CHAIN_ID = 31337; // a development chain is final at once
const TIMEOUT_MS = 15_000; // longer than any healthy node takes; a shop's network may be down
const MAX_ANSWER_CHARS = 32 * 2 ** 20; // the longest history a bundle may have, twice over
const WORD = 64; // hexadecimal digits of an ABI word

/** @param {number} value */
export const quantity = (value) => `0x${value.toString(16)}`;

/** @param {string} hex */
export const word = (hex) => hex.padStart(WORD, "0");

/** @param {unknown} value @returns {number} */
export function whole(value) {
  const number = typeof value === "string" && /^0x[0-9a-f]+$/i.test(value) ? Number(value) : NaN;
  if (!Number.isSafeInteger(number)) throw new Error("the node's answer has a wrong number");
  return number;
}

/** Digits without 0x. @param {unknown} value @param {number} [digits] */
export function data(value, digits = 0) {
  const hex = typeof value === "string" && /^0x(?:[0-9a-f]{2})*$/i.test(value) ? value.slice(2).toLowerCase() : null;
  if (hex === null || (digits && hex.length !== digits)) throw new Error("the node's answer has wrong bytes");
  return hex;
}

/** Reads ABI words one after the other. @param {string} hex */
export function reader(hex) {
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

/** Several calls as one text. @param {Call[]} calls */
export const bodyOf = (calls) =>
  JSON.stringify(calls.map(([method, ...params], id) => ({ jsonrpc: "2.0", id, method, params })));

/** @param {string} url @param {Call[]} calls */
const post = (url, calls) => fetch(url, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: bodyOf(calls),
  signal: AbortSignal.timeout(TIMEOUT_MS),
  credentials: "omit",
});

/**
 * One POST with several calls; the results in their order.
 *
 * @param {string} url
 * @param {Call[]} calls
 * @param {string} [mayFail] a method whose refusal is no failure; its result is then undefined
 * @param {Promise<Response> | null} [sent] the answer, where the same calls are on their way already
 */
export async function ask(url, calls, mayFail = "", sent = null) {
  const response = await (sent ?? post(url, calls));
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

/** When a block is final: a number of blocks upon it, or the node's tag. @param {string | number} asked @param {number} chainId */
export const finalityOf = (asked, chainId) => String(asked) || (chainId === LOCAL_CHAIN_ID ? "0" : "finalized");

/** Input of a view that takes a list of words. @param {string} view @param {string[]} words */
export const listInput = (view, words) => view + word("20") + word(words.length.toString(16)) + words.map(word).join("");

/** Input that asks for parties. @param {string[]} glns */
export const partiesInput = (glns) => listInput(VIEWS.partiesOf, glns.map((gln) => Number(gln).toString(16)));

/** What `batchOf` returned; an address without a contract knows no batch. @param {unknown} answer @returns {BatchFacts} */
export function readBatch(answer) {
  const fields = reader(answer === "0x" ? "0".repeat(5 * WORD) : data(answer, 5 * WORD));
  return {
    head: fields.next(),
    owner: fields.gln(),
    holds: fields.number(),
    holdRound: fields.number(),
    recalled: fields.number() === 1,
  };
}

/** Reads the length that a returned list begins with. @param {unknown} answer @param {number} count */
function listReader(answer, count) {
  const fields = reader(data(answer));
  if (fields.number() !== 32 || fields.number() !== count) throw new Error("the node's answer has a wrong length");
  return fields;
}

/** What `partiesOf` returned. @param {unknown} answer @param {string[]} glns @returns {Record<string, PartyFacts>} */
export function readParties(answer, glns) {
  if (answer === "0x") answer = `0x${word("20")}${word(glns.length.toString(16))}${"0".repeat(5 * WORD * glns.length)}`;
  const fields = listReader(answer, glns.length);
  return Object.fromEntries(glns.map((gln) => [gln, {
    admin: fields.next().slice(-40),
    roles: fields.number(),
    status: fields.number(),
    distrustFrom: fields.number(),
    profileDigest: fields.next(),
  }]));
}

/** Appends recorded since a key of their party is distrusted. @template {{ gln: string, recordedAt: number }} A @param {A[]} appends @param {Record<string, { distrustFrom: number } | undefined>} parties @returns {A[]} */
export const doubtfulOf = (appends, parties) => appends.filter(({ gln, recordedAt }) => {
  const since = parties[gln]?.distrustFrom;
  return since && recordedAt >= since;
});

/**
 * The keys that signed some appends.
 *
 * @param {string} url
 * @param {{ sequence: number, transactionHash: string, records?: string }[]} asked with records
 *   where no log says that it is this transaction: then it has to carry them
 * @param {string} to the ledger
 * @returns {Promise<Record<number, SignerFacts>>}
 */
export async function fetchSigners(url, asked, to) {
  if (!asked.length) return {};
  const sent = await ask(url, asked.map((one) => ["eth_getTransactionByHash", `0x${one.transactionHash}`]));
  const carries = asked.map(({ records }, at) => records === undefined || data(sent[at]?.input).includes(records));
  const doubtful = asked.filter((_, at) => carries[at]);
  const senders = sent.filter((_, at) => carries[at]).map((transaction) => data(transaction?.from, 40));
  if (!doubtful.length) return {};
  const [answer] = await ask(url, [["eth_call", { to, data: listInput(VIEWS.keysOf, senders) }, "latest"]]);
  const fields = listReader(answer, senders.length);
  return Object.fromEntries(doubtful.map(({ sequence }, index) => {
    const gln = fields.gln();
    for (let skip = 0; skip < 4; skip += 1) fields.next();
    return [sequence, { address: senders[index], gln, distrustFrom: fields.number() }];
  }));
}
