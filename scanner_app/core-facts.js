// @ts-check
/** Ask a node for what proves a core, in one request: no logs, and no blocks but their numbers. */
import { writersOf } from "./core-check.js";
import {
  ATTEMPTS, VIEWS, ask, bodyOf, finalityOf, partiesInput, quantity, readBatch, readParties, whole,
} from "./node.js";

/**
 * @typedef {import("./core-check.js").Core} Core
 * @typedef {import("./core-check.js").CoreFacts} CoreFacts
 * @typedef {import("./node.js").Call} Call
 */

/** `batchOf` at a block. @param {Core} core @param {string} tag @returns {Call} */
const batchAt = ({ batch, chain }, tag) => ["eth_call", { to: `0x${chain.contract}`, data: VIEWS.batchOf + batch.batchId }, tag];

/**
 * The first request; tracer_api prints the same text into the page, so that its answer is on the
 * way while this script still loads.
 *
 * @param {Core} core
 * @param {string} rule a block tag, or a number of blocks
 * @returns {Call[]}
 */
export const questionsOf = (core, rule) => [
  ["eth_chainId"],
  ["eth_blockNumber"],
  batchAt(core, "latest"),
  ["eth_call", { to: `0x${core.chain.contract}`, data: partiesInput(writersOf(core)) }, "latest"],
  ...(Number(rule) >= 0 ? [] : [batchAt(core, rule)]),
  ["eth_blockNumber"],
];

/** Head of the batch at a block; null where the node does not keep the state of that block. @param {string} url @param {Core} core @param {number} block */
async function headAt(url, core, block) {
  const [answer] = await ask(url, [batchAt(core, quantity(block))], "eth_call");
  return answer === undefined ? null : readBatch(answer).head;
}

/**
 * Read what proves a core at the node's newest block. That counts as final when the batch's head
 * was the same at the newest final block.
 *
 * @param {string} url the node
 * @param {Core} core
 * @param {{ finality?: string | number, asked?: string, early?: Promise<Response> | null }} [options]
 *   what counts as final, by default "finalized" and on a development chain at once; the text of
 *   a request that was sent early, and its answer
 * @returns {Promise<CoreFacts>}
 */
export async function fetchCoreFacts(url, core, { finality = "", asked = "", early = null } = {}) {
  const rule = finalityOf(finality, core.chain.chainId);
  const calls = questionsOf(core, rule);
  let sent = asked === bodyOf(calls) ? early : null;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const [chainId, before, stored, party, ...rest] = await ask(url, calls, "", sent).catch((error) => {
      if (sent) return ask(url, calls);
      throw error;
    });
    sent = null;
    const block = whole(before);
    if (block !== whole(rest.pop())) continue; // the chain grew meanwhile
    const batch = readBatch(stored);
    const parties = readParties(party, writersOf(core));
    const isLate = batch.head !== core.batch.head && core.mirror.blockNumber <= block;
    const settled = Number(rule) ? await headAt(url, core, block - Number(rule)) : readBatch(rest[0] ?? stored).head;
    return {
      node: { chainId: whole(chainId), blockNumber: block, final: settled === batch.head },
      batch,
      parties,
      mirrorHead: isLate ? await headAt(url, core, core.mirror.blockNumber) : null,
    };
  }
  throw new Error("the node's newest block changes during every request");
}
