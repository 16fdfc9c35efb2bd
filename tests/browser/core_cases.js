// @ts-check
/** Cases of the first check, made from those of bundles (twin of tests/core_cases.py). */
import { writersOf } from "../../scanner_app/core-check.js";
import { genesisHead } from "../../scanner_app/ledger.js";
import { doubtfulOf } from "../../scanner_app/node.js";

/** @param {Record<string, any>} all @param {(name: string) => boolean} isWanted */
const only = (all, isWanted) => Object.fromEntries(Object.entries(all).filter(([name]) => isWanted(name)));

/** The core of a bundle. @param {any} bundle @returns {any} */
export function coreOf({ chain, mirror, batch, appends, parties }) {
  const short = appends.map((/** @type {any} */ { sequence, gln, recordedAt, head, records }) => (
    { sequence, gln, recordedAt, head, records }));
  const core = { format: "tracer-core/1", chain, mirror, batch, appends: short, parties: {}, signed: {} };
  const writers = writersOf(core);
  core.parties = Object.fromEntries(Object.entries(only(parties, (gln) => writers.includes(gln)))
    .map(([gln, { profile, ...row }]) => [gln, row]));
  core.signed = Object.fromEntries(doubtfulOf(appends, core.parties)
    .map((/** @type {any} */ { sequence, transactionHash }) => [sequence, transactionHash]));
  return core;
}

/** The part of a node's facts that the first check asks for. @param {any} core @param {any} facts @returns {Promise<any>} */
export async function coreFactsOf(core, facts) {
  if (!facts) return null;
  const { batch, chain, mirror } = core;
  const { node, appended, parties, signers } = facts;
  const heads = [await genesisHead(chain.chainId, chain.contract, batch.batchId)];
  for (const { blockNumber, head } of appended) if (blockNumber <= mirror.blockNumber) heads.push(head);
  const isLate = facts.batch.head !== batch.head && mirror.blockNumber <= node.blockNumber;
  const writers = writersOf(core);
  return {
    node: { chainId: node.chainId, blockNumber: node.blockNumber, final: node.final },
    batch: facts.batch,
    parties: only(parties, (gln) => writers.includes(gln)),
    mirrorHead: isLate ? heads.at(-1) : null,
    signers: only(signers, (sequence) => sequence in core.signed),
  };
}
