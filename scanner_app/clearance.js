// @ts-check
/** Step (8), clearance: claimed, confirmed, or contradicted (twin of tracer/domain/status.py). */
import { isObject } from "./claims.js";
import { plain } from "./evidence.js";
import { DOCUMENT_KINDS, KINDS } from "./kinds.js";
import { recordSubject } from "./ledger.js";
import { CITATIONS } from "./paper-numbers.js";
import { ROLES } from "./rules.js";
import { stepOf } from "./steps.js";

/**
 * @typedef {import("./evidence.js").Evidence} Evidence
 * @typedef {import("./evidence.js").Event} Event
 * @typedef {import("./steps.js").Check} Check
 */

/** Parameters of a conflict that name what is in conflict. */
const SUBJECTS = ["one", "other", "first", "second"];

/** How far customs clearance is proven. A conflict wins over a confirmation. @param {Evidence} evidence @param {Check[]} crosses */
export function verifyClearance(evidence, crosses) {
  const step = stepOf(8, "clearance");
  /** @param {number} kind */
  const digests = (kind) => evidence.records.filter((record) => record.kind === kind).map(({ digest }) => digest);
  const claims = digests(KINDS.CLEARANCE_CLAIM).filter((digest) => !evidence.superseded.has(digest));
  const objections = objectionsTo(evidence, claims);
  if (objections.size) {
    const said = [...objections.values()];
    const reasons = said.map(({ why }) => why).filter(Boolean).join("; ");
    return step.invalid("objection", said[0].one, { one: said[0].one, reasons });
  }
  const named = new Set(crosses.filter(({ status }) => status === "INVALID")
    .flatMap(({ params }) => SUBJECTS.flatMap((name) => (name in params ? [String(params[name])] : []))));
  const contradicted = papersOf(evidence, claims).find((subject) => named.has(subject));
  if (contradicted !== undefined) return step.invalid("conflict", contradicted);
  const isConfirmed = digests(KINDS.CLEARANCE_CONFIRMATION).some((digest) => claims.includes(digest));
  const [doubt] = isConfirmed ? doubtsAbout(evidence, claims) : [];
  if (doubt) return step.skipped(...doubt);
  return isConfirmed ? step.valid("cleared") : step.skipped(claims.length ? "claimed" : "none");
}

/** What speaks against taking a confirmed claim for a clearance. @param {Evidence} evidence @param {string[]} claims @returns {[string, string, import("./steps.js").Params][]} */
function doubtsAbout({ bundle, papers, records }, claims) {
  /** @type {[string, string, import("./steps.js").Params][]} */
  const found = [];
  const recorded = new Set(records.filter(({ kind }) => DOCUMENT_KINDS.includes(kind)).map(({ digest }) => digest));
  const count = [...recorded].filter((digest) => !(digest in bundle.documents)).length;
  if (count) found.push(["withheld", "", { count }]);
  const genuine = papers.filter((paper) => paper.genuine);
  for (const declaration of genuine.filter(({ key, type }) => type === "CUSTOMS_DECLARATION" && claims.includes(key))) {
    for (const [name, citing, type] of CITATIONS) {
      const number = citing === declaration.type ? plain(declaration, name) : "";
      const isMissing = number && !genuine.some((paper) => paper.type === type);
      if (isMissing) found.push(["cited", "", { one: declaration.subject, type, number }]);
    }
  }
  const inspected = genuine.filter(({ type }) => type === "CIQ_CERTIFICATE").map((paper) => paper.records[0]);
  const confirmed = records.filter(({ kind, digest }) => kind === KINDS.CLEARANCE_CONFIRMATION && claims.includes(digest));
  const offices = inspected.map(({ gln }) => gln);
  if (inspected.length && !confirmed.some(({ gln }) => offices.includes(gln))) {
    const [first] = confirmed;
    found.push(["offices", "", { one: recordSubject(first), gln: first.gln, other: recordSubject(inspected[0]) }]);
  }
  return found;
}

/** Claims about which customs' last word is an objection, and why. @param {Evidence} evidence @param {string[]} claims */
function objectionsTo(evidence, claims) {
  /** @type {Map<string, { one: string, why: string }>} */
  const found = new Map();
  const statements = new Map(evidence.events.map((event) => [event.record.position, event]));
  for (const record of evidence.records) {
    if (record.kind === KINDS.CLEARANCE_CONFIRMATION) found.delete(record.digest);
    const event = statements.get(record.position);
    const commitment = event && objectedBy(event);
    if (event && commitment && claims.includes(commitment) && isCustoms(evidence, record.gln)) {
      found.set(commitment, { one: event.subject, why: reasonsOf(event) });
    }
  }
  return found;
}

/** @param {Event} event @returns {string} */
function objectedBy({ record, body }) {
  const { type, commitment } = body;
  const isObjection = record.kind === KINDS.CORRECTION && type === "ClearanceObjection";
  return isObjection && typeof commitment === "string" && /^[0-9a-f]{64}$/.test(commitment) ? commitment : "";
}

/** @param {Evidence} evidence @param {string} gln */
function isCustoms({ bundle, profiles }, gln) {
  const roles = profiles.get(gln)?.roles;
  return !!((bundle.parties[gln]?.roles ?? 0) & ROLES.CUSTOMS) || (Array.isArray(roles) && roles.includes("CUSTOMS"));
}

/** @param {Event} event */
function reasonsOf({ body }) {
  const rows = Array.isArray(body.reasons) ? body.reasons : [];
  return rows
    .filter((row) => isObject(row) && typeof row.code === "string" && typeof row.text === "string")
    .map(({ code, text }) => `${code}: ${text}`)
    .join("; ");
}

/** The claimed declarations, and the papers whose numbers they cite. @param {Evidence} evidence @param {string[]} claims */
function papersOf({ papers }, claims) {
  const genuine = papers.filter((paper) => paper.genuine);
  const declarations = genuine.filter(({ key, type }) => type === "CUSTOMS_DECLARATION" && claims.includes(key));
  return declarations.flatMap((declaration) => [declaration.subject, ...CITATIONS.flatMap(([name, citing, cited]) => (
    citing === declaration.type && name in declaration.texts
      ? genuine.filter((paper) => paper.type === cited && plain(paper, "number") === plain(declaration, name))
        .map(({ subject }) => subject)
      : []
  ))]);
}
