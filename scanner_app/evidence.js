// @ts-check
/** A bundle opened once: what hashes to its record, and what that says (twin of evidence.py). */
import { commitment, parseView, withheld } from "./documents.js";
import { areNames, batchId, sha256Text } from "./hashes.js";
import { KINDS } from "./kinds.js";
import { recordSubject, replay, unpack } from "./ledger.js";
import { numbersOf } from "./paper-numbers.js";

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
 *   parties: Record<string, PartyRow>, tin: TinRow | null, others: Record<string, OtherRow>,
 *   bans: Record<string, number>, warnings: string[] }} Bundle
 * @typedef {{ record: RecordRow, body: Record<string, any>, subject: string }} Event
 * @typedef {{ key: string, type: string, issuer: string, subject: string, records: RecordRow[],
 *   recorded: boolean, withheld: string | null, genuine: boolean, texts: Record<string, string>,
 *   numbers: string[] }} Paper
 * @typedef {{ gtin: string, lot: string, view: string }} OtherRow
 * @typedef {{ paper: Paper, lot: string, batch: string }} OtherPaper
 * @typedef {Awaited<ReturnType<typeof open>>} Evidence
 */

/** Text of an open field as people read it. @param {Paper} paper @param {string} name */
export function plain(paper, name) {
  const text = paper.texts[name] ?? "";
  return text.startsWith('"') ? JSON.parse(text) : text;
}

/** Text or a whole number as people read it; "" for nothing and "?" for anything else. @param {unknown} value */
export const plainText = (value) =>
  (typeof value === "string" || Number.isSafeInteger(value) ? String(value) : (value ?? null) === null ? "" : "?");

/** Value of an open field, null when it has none. @param {Paper} paper @param {string} name */
export const valueOf = (paper, name) => JSON.parse(paper.texts[name] ?? "null");

/** @param {string} text @returns {Record<string, any> | null} */
function parseObject(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

const SUPPLY_KINDS = [KINDS.MILK_COLLECTION, KINDS.MILK_RECEIPT, KINDS.MATERIAL_RECEIPT];

/** GLNs of those from whom an event takes materials over: its sources, and the farm. @param {Event} event @returns {string[]} */
function suppliersOf({ record, body }) {
  if (!SUPPLY_KINDS.includes(record.kind)) return [];
  const farm = record.kind === KINDS.MILK_COLLECTION ? (record.location ?? []) : [];
  const sources = Array.isArray(body.sourceList) ? body.sourceList : [];
  return [farm].flat().concat(sources.flatMap((one) => (
    typeof one?.source === "string" ? (/\/414\/(\d{13})/.exec(one.source)?.[1] ?? []) : []
  )));
}

/** Papers of a consignment, which are issued again after a slip. */
const REPLACEABLE_TYPES = [
  "CUSTOMS_DECLARATION", "CERTIFICATE_OF_ORIGIN", "HEALTH_CERTIFICATE", "BILL_OF_LADING", "PACKING_LIST",
  "COMMERCIAL_INVOICE",
];

/** Papers that their issuers replaced before customs confirmed anything. @param {Event[]} events @param {Paper[]} papers @param {RecordRow[]} records */
function supersededBy(events, papers, records) {
  /** @type {Set<string>} */
  const found = new Set();
  const byKey = new Map(papers.filter((paper) => paper.genuine).map((paper) => [paper.key, paper]));
  const confirmed = records.find((record) => record.kind === KINDS.CLEARANCE_CONFIRMATION);
  for (const { record, body } of events) {
    if (confirmed && record.position > confirmed.position) break;
    if (record.kind !== KINDS.SUPERSEDE || body.type !== "Supersede") continue;
    const [old, by] = [byKey.get(body.commitment), byKey.get(body.by)];
    const isLike = !!old && !!by && old.type === by.type && REPLACEABLE_TYPES.includes(old.type);
    const isOwn = isLike && old.issuer === record.gln && by.issuer === record.gln;
    if (isOwn && old.records[0].position < by.records[0].position) found.add(old.key);
  }
  return found;
}

/** @param {string} key @param {string} text @param {RecordRow[]} records @param {Bundle["chain"]} chain */
async function openPaper(key, text, records, chain) {
  const view = parseView(text);
  const hidden = view && withheld(view);
  const paper = {
    key, type: view?.type ?? "", issuer: view?.issuer ?? "", subject: "", records,
    recorded: !!view && (await commitment(view, chain.chainId, chain.contract)) === key,
    withheld: hidden, genuine: false, texts: view?.texts ?? {},
    numbers: view ? numbersOf(view.type, view.texts) : [],
  };
  paper.subject = `document ${view ? `${view.type} ${plain(paper, "number")}`.trimEnd() : key.slice(0, 16)}`;
  return { view, paper };
}

/** Papers of other batches, in the order of their commitments. @param {Bundle} bundle @returns {Promise<OtherPaper[]>} */
async function openOthers({ batch, chain, others }) {
  const found = [];
  for (const [key, { gtin, lot, view: text }] of Object.entries(others).sort()) {
    const { view, paper } = await openPaper(key, text, [], chain);
    const id = areNames(gtin, lot) ? await batchId(gtin, lot) : batch.batchId;
    paper.recorded &&= id !== batch.batchId && view?.batchId === id;
    paper.genuine = paper.recorded && paper.withheld === null;
    found.push({ paper, lot, batch: `${gtin} ${lot}` });
  }
  return found;
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
    const { view, paper } = await openPaper(key, text, byDigest.get(key) ?? [], chain);
    paper.recorded &&= view?.batchId === batch.batchId && paper.records.some(
      (row) => row.gln === paper.issuer && row.kind !== KINDS.CLEARANCE_CONFIRMATION,
    );
    paper.genuine = paper.recorded && paper.withheld === null;
    papers.push(paper);
  }
  /** @param {Paper} paper */
  const first = (paper) => paper.records[0]?.position ?? records.length;
  papers.sort((one, other) => first(one) - first(other));
  const writers = new Set([batch.owner, ...bundle.appends.map((append) => append.gln)]);
  /** @type {Map<string, Record<string, any>>} */
  const profiles = new Map();
  for (const [gln, row] of Object.entries(bundle.parties)) {
    const isPinned = (await sha256Text(row.profile)) === row.profileDigest;
    profiles.set(gln, (isPinned && parseObject(row.profile)) || {});
  }
  /** @type {Map<string, RecordRow[]>} */
  const suppliers = new Map();
  for (const event of events) {
    const { record } = event;
    for (const gln of new Set(suppliersOf(event))) suppliers.set(gln, [...(suppliers.get(gln) ?? []), record]);
  }
  return {
    bundle, records, byDigest, genuine, events, papers, profiles, suppliers,
    others: await openOthers(bundle),
    superseded: supersededBy(events, papers, records),
    parties: [...writers].sort(),
    state: replay(batch.owner, records),
  };
}
