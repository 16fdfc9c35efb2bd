// @ts-check
/**
 * The first check: that the records are complete and genuine, and that nobody recalled or holds
 * the batch (twin of tracer/domain/verify_core.py). Papers and logs are the second check's.
 */
import {
  BATCH_ROW, doubtfulOf, headsOf, parseLink, verifyChain, verifyFinal, verifyHeads, verifyIssued, verifyLink,
  verifyStanding, verifyUse,
} from "./protocol.js";
import { COULD_NOT_ASK, differing, stepOf } from "./steps.js";

/**
 * @typedef {import("./steps.js").Check} Check
 * @typedef {import("./evidence.js").TinRow} TinRow
 * @typedef {{ format: string, chain: { chainId: number, contract: string }, mirror: { blockNumber: number },
 *   batch: { batchId: string, gtin: string, lot: string } & import("./node.js").BatchFacts,
 *   appends: import("./hashes.js").Append[] }} Core
 * @typedef {{ node: { chainId: number, blockNumber: number, final: boolean },
 *   batch: import("./node.js").BatchFacts, mirrorHead: string | null,
 *   parties: Record<string, import("./node.js").PartyFacts> }} CoreFacts
 */

/** The owner and every writer. @param {Core} core */
export const writersOf = ({ batch, appends }) => [...new Set([batch.owner, ...appends.map(({ gln }) => gln)])].sort();

/** (4) The head is the ledger's. Without logs the mirror's own block tells late from withheld. @param {Core} core @param {CoreFacts} facts @param {string[]} earlier heads before the last @param {string} last */
function verifyHead({ batch, mirror }, { batch: { head: onChain }, mirrorHead, node }, earlier, last) {
  const step = stepOf(4, "head-on-chain");
  const isWhole = batch.head === last;
  if (/^0*$/.test(onChain)) return step.invalid("unregistered", BATCH_ROW);
  if (isWhole && onChain === last) return step.valid("ok");
  if (mirror.blockNumber > node.blockNumber) {
    const at = earlier.lastIndexOf(onChain);
    return at < 0 ? step.invalid("differs", BATCH_ROW) : step.error("pending", BATCH_ROW, { count: earlier.length - at });
  }
  const isLate = isWhole && (mirrorHead === null || mirrorHead === last);
  return isLate ? step.error("newer", BATCH_ROW) : step.invalid("differs", BATCH_ROW);
}

/** (4) without the logs; (6) who may speak, but not who signed, which is ERROR where it must be known. @param {Core} core @param {CoreFacts} facts @param {string[]} heads */
function verifyFacts(core, facts, heads) {
  const [row, keys] = [stepOf(4, "batch-row"), stepOf(6, "keys")];
  const doubtful = doubtfulOf(core.appends, facts.parties);
  const isSame = facts.batch.head === core.batch.head;
  const columns = isSame ? differing(core.batch, facts.batch, "owner holds holdRound recalled") : "";
  return [
    verifyChain(core.chain, facts.node),
    verifyHead(core, facts, heads.slice(0, -1), heads[heads.length - 1]),
    columns ? row.invalid("differs", BATCH_ROW, { columns }) : row.valid("ok"),
    verifyFinal(facts.node),
    ...verifyStanding(writersOf(core), facts.parties),
    ...keys.conclude(doubtful.map(({ sequence, gln }) => keys.error("unknown", `append ${sequence} of party ${gln}`))),
  ];
}

/**
 * Check a core proof, in the order of the protocol. What is no core proof at all throws.
 *
 * @param {Core} core what a mirror serves; nothing in it is trusted: whatever counts is compared
 *   with what the node says, or hashes to that
 * @param {TinRow | null} tin the tin, if the code names one
 * @param {CoreFacts | null} facts what a node says; null when it could not be asked
 * @param {{ nodeError?: string, asOfUnix: number, link?: string, before?: string }} options why
 *   there are no facts, the moment that decides on expiry, the scanned code, and the best-before
 *   date that the page shows (the papers that state it are checked second)
 * @returns {Promise<Check[]>}
 */
export async function verifyCore(core, tin, facts, { nodeError = "", asOfUnix, link = "", before = "" }) {
  const scanned = parseLink(link);
  const error = nodeError || "no node was asked";
  const heads = await headsOf(core);
  return [
    ...(await verifyLink(core, scanned)), // (1)
    await verifyIssued(tin, core.appends, scanned), // (2)
    ...verifyHeads(core.appends, heads, core.batch.head), // (3)
    ...(facts ? verifyFacts(core, facts, heads) : [stepOf(4, "head-on-chain").error(COULD_NOT_ASK, "", { error })]),
    ...verifyUse(core.batch, facts, before, asOfUnix), // (8)
  ];
}
