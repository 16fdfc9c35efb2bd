// @ts-check
/** C9 and C11: papers are by those who may issue them; no supplier was banned at receipt (twin of cross_parties.py). */
import { showTime } from "./claims.js";
import { comparison } from "./comparison.js";
import { CLASS_ROLES, KINDS } from "./kinds.js";
import { recordSubject } from "./ledger.js";
import { ISSUER_ROLES, OPEN_ISSUERS, ROLES } from "./rules.js";

/**
 * @typedef {import("./chain.js").Facts} Facts
 * @typedef {import("./claims.js").Claims} Claims
 * @typedef {import("./comparison.js").Comparison} Comparison
 * @typedef {import("./evidence.js").Paper} Paper
 * @typedef {import("./ledger.js").RecordRow} RecordRow
 */

/** Classes of records whose writers must not have a stake in the goods. */
const OFFICIAL = [0x4, 0x6];
const TRADING = ["SUPPLIER", "MANUFACTURER", "BROKER", "CARRIER", "WAREHOUSE", "IMPORTER", "RETAILER", "DISPOSER"];

const ACTIVE = 1;
const STATUS = ["unknown", "active", "suspended", "banned"];

/** The kind of record that carries a paper; DOCUMENT carries all others. @type {Record<string, number>} */
const KIND_OF = {
  LAB_REPORT: KINDS.LAB_REPORT, HEALTH_CERTIFICATE: KINDS.CERTIFICATE,
  CERTIFICATE_OF_ORIGIN: KINDS.CERTIFICATE, CIQ_CERTIFICATE: KINDS.CUSTOMS_DOCUMENT,
  CUSTOMS_DECLARATION: KINDS.CLEARANCE_CLAIM,
};

/** C9: each paper is by a party whose role issues such papers, with a key that was good. @param {Claims} claims @param {Facts | null} facts */
export function checkIssuers(claims, facts) {
  const { of, papers, profiles, said } = claims;
  const check = comparison("C9");
  for (const paper of papers) {
    const record = paper.records.find(({ gln }) => gln === paper.issuer);
    if (!record) continue;
    compareIssuer(check, claims, paper, record);
    compareKey(check, paper, record, facts);
  }
  compareCopies(check, claims);
  compareIndependence(check, claims);
  const origins = said("originCountry").slice(0, 1);
  for (const paper of of("CERTIFICATE_OF_ORIGIN", "HEALTH_CERTIFICATE")) {
    for (const { text } of origins.length ? profiles("country", paper.issuer) : []) {
      check.same("country", [...origins, { subject: paper.subject, text }]);
    }
  }
  return check.conclude();
}

/** @param {Comparison} check @param {Claims} claims @param {Paper} paper @param {RecordRow} record */
function compareIssuer(check, { evidence }, { subject, type, issuer }, record) {
  const names = ISSUER_ROLES[type];
  const wanted = names.reduce((bits, name) => bits | ROLES[name], 0);
  const roles = names.join(", ");
  const row = evidence.bundle.parties[issuer];
  const had = evidence.profiles.get(issuer)?.roles;
  const params = { one: subject, gln: issuer, roles };
  const isEnforced = !(CLASS_ROLES[record.kind >> 4] & ~wanted);
  if (record.kind !== (KIND_OF[type] ?? KINDS.DOCUMENT)) check.conflict("cross.kind", params, subject);
  else if (isEnforced || (row && row.roles & wanted)) {
    check.note("issuer", { subject, text: roles }, { subject: `party ${issuer}`, text: issuer });
  } else if (!row) check.unclear("cross.issuer-unknown", params, subject);
  else if (Array.isArray(had) && names.some((name) => had.includes(name))) check.unclear("cross.issuer-lost", params, subject);
  else if (OPEN_ISSUERS.includes(type)) check.unclear("cross.issuer-other", params, subject);
  else check.conflict("cross.issuer", params, subject);
}

/** Only its issuer records a paper, as what it is; customs alone repeat one, to confirm it. @param {Comparison} check @param {Claims} claims */
function compareCopies(check, { evidence }) {
  for (const paper of evidence.papers.filter(({ genuine }) => genuine)) {
    for (const record of paper.records) {
      const isOwn = record.gln === paper.issuer && record.kind === (KIND_OF[paper.type] ?? KINDS.DOCUMENT);
      if (isOwn || record.kind === KINDS.CLEARANCE_CONFIRMATION) continue;
      const one = recordSubject(record);
      check.conflict("cross.copied", { one, gln: record.gln, paper: paper.subject }, one);
    }
  }
}

/** Authorities and customs do not trade, and nobody confirms a claim of his own. @param {Comparison} check @param {Claims} claims */
function compareIndependence(check, { evidence }) {
  const { bundle, profiles, records } = evidence;
  const claimed = new Set(records.filter(({ kind }) => kind === KINDS.CLEARANCE_CLAIM).map(({ gln, digest }) => gln + digest));
  const official = Object.values(KINDS).filter((kind) => OFFICIAL.includes(kind >> 4));
  for (const record of records.filter(({ kind }) => official.includes(kind))) {
    const { gln, kind, digest } = record;
    const said = profiles.get(gln)?.roles;
    const has = bundle.parties[gln]?.roles ?? 0;
    const roles = TRADING.filter((name) => has & ROLES[name] || (Array.isArray(said) && said.includes(name))).join(", ");
    const one = recordSubject(record);
    if (roles) check.conflict("cross.dependent", { one, gln, roles }, one);
    else if (kind === KINDS.CLEARANCE_CONFIRMATION && claimed.has(gln + digest)) {
      check.conflict("cross.self-confirmed", { one, gln }, one);
    }
  }
}

/** The key that signed is not reported compromised from before the record on. @param {Comparison} check @param {Paper} paper @param {RecordRow} record @param {Facts | null} facts */
function compareKey(check, { subject }, { gln, sequence, recordedAt }, facts) {
  const signer = facts?.signers[sequence];
  const since = signer?.gln === gln ? signer.distrustFrom : 0;
  if (since && recordedAt >= since) check.conflict("cross.key", { one: subject, gln, since: showTime(since) }, subject);
}

/** C11: no material came from a supplier that was banned when it was received. @param {Claims} claims */
export function checkSuppliers({ evidence }) {
  const { bundle, suppliers } = evidence;
  const check = comparison("C11");
  for (const [gln, receipts] of [...suppliers].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const row = bundle.parties[gln];
    const subject = `party ${gln}`;
    if (!row && receipts.every(({ kind }) => kind === KINDS.MILK_COLLECTION)) continue; // a farm is no party
    if (!row || row.status < 1 || row.status >= STATUS.length) {
      check.unclear("cross.supplier-unknown", { one: recordSubject(receipts[0]), other: subject }, subject);
    } else if (row.status === ACTIVE) {
      check.note("supplier", ...receipts.map((one) => ({ subject: recordSubject(one), text: subject })), { subject, text: STATUS[ACTIVE] });
    } else judge(check, receipts, STATUS[row.status], bundle.bans[gln], subject);
  }
  return check.conclude();
}

/** @param {Comparison} check @param {RecordRow[]} receipts @param {string} status @param {number | undefined} since @param {string} subject */
function judge(check, receipts, status, since, subject) {
  const late = receipts.filter((row) => since !== undefined && row.occurredAt >= since);
  for (const row of late.length ? late : receipts.slice(0, 1)) {
    const one = recordSubject(row);
    const params = {
      one, a: showTime(row.occurredAt), other: subject, status, since: since === undefined ? "?" : showTime(since),
    };
    if (late.length) check.conflict("cross.supplier", params, one);
    else check.unclear("cross.supplier-since", params, subject);
  }
}
