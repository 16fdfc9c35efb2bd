// @ts-check
/**
 * Ask a node that the visitor chose, by JSON-RPC. Every failure, a wrong shape too, is an Error:
 * the check then ends "could not ask", never "forged".
 */

/**
 * @typedef {[method: string, ...params: unknown[]]} Call
 * @typedef {{ head: string, owner: string, holds: number, holdRound: number, recalled: boolean }} BatchFacts
 * @typedef {{ admin: string, roles: number, status: number, distrustFrom: number, profileDigest: string }} PartyFacts
 */

/** Selectors of the ledger's views; tests/vectors/abi.json has the same from the compiler. */
export const VIEWS = { batchOf: "0xaee05732", partiesOf: "0xbec57235" };

/** A chain that grows during so many requests in a row grows too fast to be read. */
export const ATTEMPTS = 5;

const LOCAL_CHAIN_ID = 31337; // a development chain is final at once
const TIMEOUT_MS = 15_000; // longer than any healthy node takes; a shop's network may be down
const WRONG = "the node's answer has a wrong form";
const WORD = 64; // hexadecimal digits of an ABI word

/** @param {number} value */
export const quantity = (value) => `0x${value.toString(16)}`;

/** The 13 digits of a GLN. @param {number} value */
export const glnOf = (value) => String(value).padStart(13, "0");

/** @param {string} hex */
export const word = (hex) => hex.padStart(WORD, "0");

/** @param {unknown} value @returns {number} */
export function whole(value) {
  const number = typeof value === "string" && /^0x[0-9a-f]+$/i.test(value) ? Number(value) : NaN;
  if (!Number.isSafeInteger(number)) throw new Error(WRONG);
  return number;
}

/** Digits without 0x. @param {unknown} value @param {number} [digits] */
export function data(value, digits = 0) {
  const hex = typeof value === "string" && /^0x(?:[0-9a-f]{2})*$/i.test(value) ? value.slice(2).toLowerCase() : null;
  if (hex === null || (digits && hex.length !== digits)) throw new Error(WRONG);
  return hex;
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
 * @param {(response: Response) => Promise<string>} [read] reads the answer's text
 */
export async function ask(url, calls, mayFail = "", sent = null, read = (response) => response.text()) {
  const response = await (sent ?? post(url, calls));
  if (!response.ok) throw new Error(`the node answers HTTP ${response.status}`);
  const answers = JSON.parse(await read(response));
  if (!Array.isArray(answers)) throw new Error(WRONG);
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

/** Words of an answer that has exactly so many; an address without a contract answers none, which reads as zeros. @param {unknown} answer @param {number} count */
function wordsOf(answer, count) {
  const hex = answer === "0x" ? "0".repeat(WORD * count) : data(answer, WORD * count);
  return /** @type {string[]} */ (hex.match(/.{64}/g));
}

const numberOf = (/** @type {string} */ hex) => whole(`0x${hex}`);

/** What `batchOf` returned. @param {unknown} answer @returns {BatchFacts} */
export function readBatch(answer) {
  const [head, owner, holds, holdRound, recalled] = wordsOf(answer, 5);
  return {
    head,
    owner: glnOf(numberOf(owner)),
    holds: numberOf(holds),
    holdRound: numberOf(holdRound),
    recalled: numberOf(recalled) === 1,
  };
}

/** What `partiesOf` returned: where the list begins, its length, five words for each. @param {unknown} answer @param {string[]} glns @returns {Record<string, PartyFacts>} */
export function readParties(answer, glns) {
  const [start, length, ...words] = wordsOf(answer, 2 + 5 * glns.length);
  if (answer !== "0x" && (numberOf(start) !== 32 || numberOf(length) !== glns.length)) throw new Error(WRONG);
  return Object.fromEntries(glns.map((gln, index) => {
    const [admin, roles, status, distrustFrom, profileDigest] = words.slice(5 * index, 5 * index + 5);
    return [gln, {
      admin: admin.slice(-40),
      roles: numberOf(roles),
      status: numberOf(status),
      distrustFrom: numberOf(distrustFrom),
      profileDigest,
    }];
  }));
}
