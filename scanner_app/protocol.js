// @ts-check
/**
 * The steps of the protocol that need no paper and no log: the code, the tin, the fold, the
 * writers and the use. The page's first check (core-check.js) and the whole one (verify.js) both
 * run these functions, so that they cannot disagree.
 */
import { CLASS_ROLES, KINDS, kindName } from "./kinds.js";
import { areNames, batchId, fold, genesisHead, recordSubject, utf8 } from "./ledger.js";
import { verifyInclusion } from "./merkle.js";
import { COULD_NOT_ASK, dayUnix, differing, stepOf, utcText } from "./steps.js";

/**
 * @typedef {import("./steps.js").Check} Check
 * @typedef {import("./ledger.js").RecordRow} RecordRow
 * @typedef {import("./ledger.js").LedgerState} LedgerState
 * @typedef {import("./evidence.js").Bundle} Bundle
 * @typedef {import("./evidence.js").PartyRow} PartyRow
 * @typedef {import("./evidence.js").TinRow} TinRow
 * @typedef {import("./node.js").PartyFacts} PartyFacts
 * @typedef {import("./node.js").SignerFacts} SignerFacts
 * @typedef {{ gtin: string, lot: string, serial: string }} Link
 * @typedef {import("./ledger.js").Append} Append
 */

export const BATCH_ROW = "batch row";
export const STATUS_STEP = 8;
const DAY_S = 86_400;
const BANNED = 3;
const SUSPENDED = 2;
const ACTIVE = 1;

/** What a Digital Link names; null when it names nothing. @param {string} uri @returns {Link | null} */
export function parseLink(uri) {
  const path = /\/01\/(\d{8,14})(?:\/22\/[^/?#]+)?(?:\/10\/([^/?#]+))?(?:\/21\/([^/?#]+))?\/?(?:[?#]|$)/.exec(uri);
  if (!path) return null;
  try {
    const [lot, serial] = [path[2], path[3]].map((text) => decodeURIComponent(text ?? ""));
    return { gtin: path[1].padStart(14, "0"), lot, serial };
  } catch {
    return null; // an escape that is none
  }
}

/** (1) The code names this batch, and the batch id is the hash of GTIN and lot. @param {{ batch: Bundle["batch"] }} shown @param {Link | null} link */
export async function verifyLink({ batch }, link) {
  const [names, id] = [stepOf(1, "digital-link"), stepOf(1, "batch-id")];
  const { gtin, lot } = batch;
  if (!areNames(gtin, lot)) return [names.invalid("malformed", BATCH_ROW)];
  let named = names.valid("ok", "", { gtin, lot });
  if (!link) named = names.skipped("none");
  else if (link.gtin !== gtin) named = names.invalid("gtin", BATCH_ROW, { scanned: link.gtin, shown: gtin });
  else if (link.lot && link.lot !== lot) named = names.invalid("lot", BATCH_ROW, { scanned: link.lot, shown: lot });
  const isSame = (await batchId(gtin, lot)) === batch.batchId;
  return [named, isSame ? id.valid("ok") : id.invalid("wrong", BATCH_ROW)];
}

/** Every root of a tree of serials that the batch's records hold. @param {RecordRow[]} records */
export const rootsOf = (records) => records.filter((row) => row.kind === KINDS.SERIALS).map((row) => row.digest);

/** (2) The tin's serial is under the batch's serial root. @param {TinRow | null} tin @param {RecordRow[]} records @param {Link | null} link */
export async function verifyIssued(tin, records, link) {
  const issued = stepOf(2, "tin-issued");
  const scanned = link?.serial ?? "";
  if (!tin && scanned) return issued.invalid("absent", `tin ${scanned}`, { serial: scanned });
  if (!tin) return issued.skipped("none");
  const { serial, index, size, proof, root } = tin;
  const subject = `tin ${serial}`;
  if (scanned && scanned !== serial) return issued.invalid("other", subject, { scanned, shown: serial });
  if (!rootsOf(records).includes(root)) return issued.invalid("root", subject);
  const isProven = await verifyInclusion(utf8(serial), index, size, proof, root);
  return isProven ? issued.valid("ok", "", { serial }) : issued.invalid("proof", subject, { serial });
}

/** (3) The records refold to the head. @param {{ chain: Bundle["chain"], batch: Bundle["batch"], appends: Append[] }} shown @param {number} count */
export async function verifyHeads({ chain, batch, appends }, count) {
  const step = stepOf(3, "records-fold");
  const broken = [];
  let head = await genesisHead(chain.chainId, chain.contract, batch.batchId);
  for (const append of appends) {
    const isRight = (await fold(head, append)) === append.head;
    if (!isRight) broken.push(step.invalid("append", `append ${append.sequence}`));
    head = append.head; // name each damaged append once, not all that follow
  }
  if (head !== batch.head) broken.push(step.invalid("batch", BATCH_ROW));
  return step.conclude(broken, { count });
}

/** (3) Flags follow from the records, and the ledger would have taken each. @param {Bundle["batch"]} batch @param {LedgerState} state */
export function verifyFlags(batch, state) {
  const step = stepOf(3, "batch-flags");
  const columns = differing(batch, { ...state, holds: state.holds.size }, "holds holdRound recalled");
  const wrong = columns ? [step.invalid("wrong", BATCH_ROW, { columns })] : [];
  for (const [record, rule] of state.refused) wrong.push(step.invalid("refused", recordSubject(record), { rule }));
  return step.conclude(wrong);
}

/** (4) The node serves the chain that is shown, by the columns that it was asked about. @param {Bundle["chain"]} chain @param {object} node */
export function verifyChain(chain, node) {
  const step = stepOf(4, "same-chain");
  const asked = ["chainId", "genesisHash", "deployBlock"].filter((name) => name in node).join(" ");
  const columns = differing(chain, node, asked);
  return columns ? step.invalid("differs", "chain row", { columns }) : step.valid("ok");
}

/** (4) Nothing that the node says about the batch can be taken back. @param {{ blockNumber: number, final: boolean }} node */
export function verifyFinal({ blockNumber: block, final }) {
  const step = stepOf(4, "final");
  return final ? step.valid("ok", "", { block }) : step.error("pending", "", { block });
}

/**
 * (6) Each signer's party had its role, is not since banned; revoked keys are named.
 *
 * @param {{ appends: Append[], parties: Record<string, Omit<PartyRow, "profile">> }} shown
 * @param {RecordRow[]} records
 * @param {string[]} writers the owner and every writer, sorted
 * @param {{ has(gln: string): boolean }} suppliers whom receipts name
 * @param {{ parties: Record<string, PartyFacts>, signers: Record<number, SignerFacts> } | null} facts
 * @param {string} error
 */
export function verifyWriters({ appends, parties }, records, writers, suppliers, facts, error) {
  const names = ["parties-on-chain", "roles", "standing", "keys"];
  const [rows, roles, standing, keys] = names.map((name) => stepOf(6, name));
  const all = [...new Set([...writers, ...Object.keys(parties)])].sort();
  /** @type {Record<string, Check[]>} */
  const found = Object.fromEntries(names.map((name) => [name, []]));
  if (!facts) return [rows, roles, standing, keys].map((step) => step.error(COULD_NOT_ASK, "", { error }));
  for (const gln of all) {
    const [row, fact, subject] = [parties[gln], facts.parties[gln], `party ${gln}`];
    const columns = row && fact ? differing(row, fact, "profileDigest roles status admin distrustFrom") : "";
    const isNamed = writers.includes(gln) || suppliers.has(gln);
    if (!isNamed) found[rows.name].push(rows.invalid("unreferenced", subject));
    else if (!row) found[rows.name].push(rows.invalid("missing", subject));
    else if (!fact) found[rows.name].push(rows.error("unasked", subject));
    else if (columns) found[rows.name].push(rows.invalid("differs", subject, { columns }));
    if (!fact || !writers.includes(gln)) continue;
    const lost = new Set(records
      .filter(({ kind, gln: writer }) => writer === gln && kindName(kind) in KINDS && !(CLASS_ROLES[kind >> 4] & fact.roles))
      .map((record) => record.kind));
    const kinds = [...lost].sort((a, b) => a - b).map(kindName).join(", ");
    if (kinds) found.roles.push(roles.skipped("changed", subject, { kinds }));
    if (fact.status === BANNED) found.standing.push(standing.invalid("banned", subject));
    else if (fact.status === SUSPENDED) found.standing.push(standing.skipped("suspended", subject));
    else if (fact.status !== ACTIVE) found.standing.push(standing.invalid("unknown", subject));
  }
  for (const { sequence, gln, recordedAt } of appends) {
    // A party's distrustFrom moves with every revocation, so it only says where to look closer.
    const since = facts.parties[gln]?.distrustFrom;
    if (!since || recordedAt < since) continue;
    const [signer, subject] = [facts.signers[sequence], `append ${sequence} of party ${gln}`];
    if (signer?.gln !== gln) found.keys.push(keys.error("unknown", subject));
    else if (signer.distrustFrom && recordedAt >= signer.distrustFrom) {
      found.keys.push(keys.invalid("distrusted", subject, { since: utcText(signer.distrustFrom) }));
    }
  }
  const rest = [roles, standing, keys].flatMap((step) => step.conclude(found[step.name]));
  return [...rows.conclude(found[rows.name], { count: all.length }), ...rest];
}

/** (8) Recall, hold and expiry; INVALID means "do not use", not "forged". @param {LedgerState} state @param {{ batch: { recalled: boolean, holds: number } } | null} facts @param {string} date best before @param {number} asOfUnix */
export function verifyUse(state, facts, date, asOfUnix) {
  const names = ["recall", "hold", "expiry"];
  const [recall, hold, expiry] = names.map((name) => stepOf(STATUS_STEP, name));
  const isRecalled = state.recalled || !!facts?.batch.recalled;
  const count = Math.max(state.holds.size, facts?.batch.holds ?? 0);
  const isPast = asOfUnix >= dayUnix(date) + DAY_S;
  const use = isPast ? expiry.invalid("expired", BATCH_ROW, { date }) : expiry.valid("ok", "", { date });
  return [
    isRecalled ? recall.invalid("recalled", BATCH_ROW) : recall.valid("ok"),
    count ? hold.invalid("held", BATCH_ROW, { count }) : hold.valid("ok"),
    date ? use : expiry.skipped("unknown"),
  ];
}

/** INVALID beats ERROR beats VALID; no VALID at all is ERROR. @param {Check[]} checks */
export function overall(checks) {
  const order = /** @type {const} */ (["INVALID", "ERROR", "VALID"]);
  return order.find((status) => checks.some((check) => check.status === status)) ?? "ERROR";
}

/** Whether what is shown is genuine and complete, apart from whether it is good to use. @param {Check[]} checks */
export const authenticity = (checks) => overall(checks.filter((check) => check.step !== STATUS_STEP));
