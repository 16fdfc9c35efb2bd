// @ts-check
/**
 * The first check: that the records are complete and genuine, and that nobody recalled or holds
 * the batch (twin of tracer/domain/verify_core.py). Papers and logs are the second check's.
 */
import { genesisHead, replay, unpack } from "./ledger.js";
import {
  BATCH_ROW, parseLink, verifyChain, verifyFinal, verifyFlags, verifyHeads, verifyIssued, verifyLink, verifyUse,
  verifyWriters,
} from "./protocol.js";
import { APPEND, HEADING, PARTY, TIN, fits } from "./shape.js";
import { COULD_NOT_ASK, differing, stepOf } from "./steps.js";

/**
 * @typedef {import("./steps.js").Check} Check
 * @typedef {import("./evidence.js").Bundle} Bundle
 * @typedef {import("./evidence.js").TinRow} TinRow
 * @typedef {Pick<Bundle, "format" | "chain" | "mirror" | "batch"> & {
 *   appends: import("./ledger.js").Append[],
 *   parties: Record<string, import("./node.js").PartyFacts>, signed: Record<string, string> }} Core
 * @typedef {{ node: { chainId: number, blockNumber: number, final: boolean },
 *   batch: import("./node.js").BatchFacts, mirrorHead: string | null,
 *   parties: Record<string, import("./node.js").PartyFacts>,
 *   signers: Record<string, import("./node.js").SignerFacts> }} CoreFacts
 */

/** @type {import("./shape.js").Form} */
const CORE = { format: "tracer-core/1", ...HEADING, appends: [APPEND], parties: ["g", PARTY], signed: ["t", 64] };

/** Whether a value is a core proof in form; says nothing about what it claims. @param {unknown} value */
export const isCore = (value) => fits(value, CORE);

/** The owner and every writer. @param {Core} core */
export const writersOf = ({ batch, appends }) => [...new Set([batch.owner, ...appends.map(({ gln }) => gln)])].sort();

/** (4) The head is the ledger's. Without logs the mirror's own block tells late from withheld. @param {Core} core @param {CoreFacts} facts */
async function verifyHead({ appends, batch, chain, mirror }, { batch: { head: onChain }, mirrorHead, node }) {
  const step = stepOf(4, "head-on-chain");
  const heads = [await genesisHead(chain.chainId, chain.contract, batch.batchId), ...appends.map(({ head }) => head)];
  const last = heads.pop();
  const isWhole = batch.head === last;
  if (/^0*$/.test(onChain)) return step.invalid("unregistered", BATCH_ROW);
  if (isWhole && onChain === last) return step.valid("ok");
  if (mirror.blockNumber > node.blockNumber) {
    const at = heads.lastIndexOf(onChain);
    return at < 0 ? step.invalid("differs", BATCH_ROW) : step.error("pending", BATCH_ROW, { count: heads.length - at });
  }
  const isLate = isWhole && (mirrorHead === null || mirrorHead === last);
  return isLate ? step.error("newer", BATCH_ROW) : step.invalid("differs", BATCH_ROW);
}

/** (4) without the logs. @param {Core} core @param {CoreFacts | null} facts @param {string} error */
async function verifyOnChain(core, facts, error) {
  const row = stepOf(4, "batch-row");
  if (!facts) return ["same-chain", "head-on-chain", "batch-row"].map((name) => stepOf(4, name).error(COULD_NOT_ASK, "", { error }));
  const isSame = facts.batch.head === core.batch.head;
  const columns = isSame ? differing(core.batch, facts.batch, "owner holds holdRound recalled") : "";
  return [
    verifyChain(core.chain, facts.node),
    await verifyHead(core, facts),
    columns ? row.invalid("differs", BATCH_ROW, { columns }) : row.valid("ok"),
    verifyFinal(facts.node),
  ];
}

/**
 * Check a core proof, in the order of the protocol.
 *
 * @param {Core} core what a mirror serves; nothing in it is trusted
 * @param {TinRow | null} tin the tin, if the code names one
 * @param {CoreFacts | null} facts what a node says; null when it could not be asked
 * @param {{ nodeError?: string, asOfUnix: number, link?: string, before?: string }} options why
 *   there are no facts, the moment that decides on expiry, the scanned code, and the best-before
 *   date that the page shows (the papers that state it are checked second)
 * @returns {Promise<Check[]>}
 */
export async function verifyCore(core, tin, facts, { nodeError = "", asOfUnix, link = "", before = "" }) {
  if (!isCore(core) || !(tin === null || fits(tin, TIN))) return [stepOf(3, "bundle-form").invalid("malformed", "bundle")];
  const scanned = parseLink(link);
  const error = nodeError || "no node was asked";
  const records = unpack(core.appends);
  const state = replay(core.batch.owner, records);
  return [
    ...(await verifyLink(core, scanned)), // (1)
    await verifyIssued(tin, records, scanned), // (2)
    ...(await verifyHeads(core, records.length)), ...verifyFlags(core.batch, state), // (3)
    ...(await verifyOnChain(core, facts, error)), // (4)
    ...verifyWriters(core, records, writersOf(core), new Map(), facts, error), // (6)
    ...verifyUse(state, facts, before, asOfUnix), // (8)
  ];
}
