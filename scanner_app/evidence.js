// @ts-check
/** A bundle opened once: what hashes to its record, and what that says (twin of evidence.py). */
import { commitment, parseView, withheld } from "./documents.js";
import { KINDS, kindName } from "./kinds.js";
import { replay, sha256Text, unpack } from "./ledger.js";

/**
 * @typedef {import("./ledger.js").RecordRow} RecordRow
 * @typedef {import("./ledger.js").AppendRow} AppendRow
 * @typedef {{ profile: string, profileDigest: string, roles: number, status: number,
 *   admin: string, distrustFrom: number }} PartyRow
 * @typedef {{ serial: string, index: number, size: number, proof: string[], root: string }} TinRow
 * @typedef {{ batchId: string, gtin: string, lot: string, owner: string, head: string,
 *   holds: number, holdRound: number, recalled: boolean, sequence: number, blockNumber: number,
 *   blockHash: string, transactionHash: string, logIndex: number }} BatchRow
 * @typedef {{ format: string,
 *   chain: { chainId: number, contract: string, genesisHash: string, deployBlock: number },
 *   mirror: { blockNumber: number, blockHash: string, blockTime: number },
 *   batch: BatchRow, appends: AppendRow[], records: RecordRow[],
 *   contents: Record<string, string>, documents: Record<string, string>,
 *   parties: Record<string, PartyRow>, tin: TinRow | null, warnings: string[] }} Bundle
 * @typedef {{ record: RecordRow, body: Record<string, any>, subject: string }} Event
 * @typedef {{ key: string, type: string, subject: string, records: RecordRow[], recorded: boolean,
 *   withheld: string | null, genuine: boolean, texts: Record<string, string> }} Paper
 * @typedef {Awaited<ReturnType<typeof open>>} Evidence
 */

/** @param {RecordRow} record */
export const recordSubject = (record) => `record ${record.position} (${kindName(record.kind)})`;

/** Text of an open field as people read it. @param {Paper} paper @param {string} name */
export function plain(paper, name) {
  const text = paper.texts[name] ?? "";
  return text.startsWith('"') ? JSON.parse(text) : text;
}

/** @param {string} text @returns {Record<string, any> | null} */
function parseObject(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** @param {Bundle} bundle */
export async function open(bundle) {
  const { batch, chain } = bundle;
  const records = unpack(bundle.appends);
  /** @type {Map<string, RecordRow[]>} */
  const byDigest = new Map();
  for (const record of records) {
    byDigest.set(record.digest, [...(byDigest.get(record.digest) ?? []), record]);
  }
  /** @type {Map<string, Record<string, any> | null>} */
  const genuine = new Map();
  for (const [digest, text] of Object.entries(bundle.contents)) {
    if (byDigest.has(digest) && (await sha256Text(text)) === digest) {
      genuine.set(digest, parseObject(text));
    }
  }
  /** @type {Event[]} */
  const events = records.flatMap((record) => {
    const body = genuine.get(record.digest);
    return body ? [{ record, body, subject: recordSubject(record) }] : [];
  });
  /** @type {Paper[]} */
  const papers = [];
  for (const [key, text] of Object.entries(bundle.documents).sort()) {
    const view = parseView(text);
    const carriers = byDigest.get(key) ?? [];
    const recorded = !!view && view.batchId === batch.batchId
      && carriers.some((row) => row.gln === view.issuer && row.kind !== KINDS.CLEARANCE_CONFIRMATION)
      && (await commitment(view, chain.chainId, chain.contract)) === key;
    const hidden = view && withheld(view);
    const paper = {
      key, type: view?.type ?? "", subject: "", records: carriers, recorded, withheld: hidden,
      genuine: recorded && hidden === null, texts: view?.texts ?? {},
    };
    paper.subject = `document ${view ? `${view.type} ${plain(paper, "number")}`.trimEnd() : key.slice(0, 16)}`;
    papers.push(paper);
  }
  /** @param {Paper} paper */
  const first = (paper) => paper.records[0]?.position ?? records.length;
  papers.sort((one, other) => first(one) - first(other));
  const writers = new Set([batch.owner, ...bundle.appends.map((append) => append.gln)]);
  return {
    bundle, records, byDigest, genuine, events, papers,
    parties: [...writers].sort(),
    state: replay(batch.owner, records),
  };
}
