// @ts-check
/** Cases of the first check, made from those of bundles (twin of tests/core_cases.py). */
import { writersOf } from "../../scanner_app/core-check.js";
import { genesisHead } from "../../scanner_app/hashes.js";

/** @param {Record<string, any>} all @param {(name: string) => boolean} isWanted */
const only = (all, isWanted) => Object.fromEntries(Object.entries(all).filter(([name]) => isWanted(name)));

/** An object's members of some names. @param {any} value @param {string} names */
const pick = (value, names) => Object.fromEntries(names.split(" ").map((name) => [name, value[name]]));

/** The core of a bundle. @param {any} bundle @returns {any} */
export function coreOf({ chain, mirror, batch, appends }) {
  return {
    format: "tracer-core/1",
    chain: pick(chain, "chainId contract"),
    mirror: pick(mirror, "blockNumber"),
    batch: pick(batch, "batchId gtin lot owner head holds holdRound recalled"),
    appends: appends.map((/** @type {any} */ row) => pick(row, "sequence gln recordedAt records")),
  };
}

/** The part of a node's facts that the first check asks for. @param {any} core @param {any} facts @returns {Promise<any>} */
export async function coreFactsOf(core, facts) {
  if (!facts) return null;
  const { batch, chain, mirror } = core;
  const { node, appended, parties } = facts;
  const heads = [await genesisHead(chain.chainId, chain.contract, batch.batchId)];
  for (const { blockNumber, head } of appended) if (blockNumber <= mirror.blockNumber) heads.push(head);
  const isLate = facts.batch.head !== batch.head && mirror.blockNumber <= node.blockNumber;
  const writers = writersOf(core);
  return {
    node: { chainId: node.chainId, blockNumber: node.blockNumber, final: node.final },
    batch: facts.batch,
    parties: only(parties, (gln) => writers.includes(gln)),
    mirrorHead: isLate ? heads.at(-1) : null,
  };
}
