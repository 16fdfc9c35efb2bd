// @ts-check
/** Step (7): contents agree with their records, papers with each other (twin of cross_checks.py). */
import { chinaDay, claimsOf, momentsOf, unixOf } from "./claims.js";
import { checkOrder, checkShelfLife, declarations } from "./cross-dates.js";
import { checkBalance, checkPlaces } from "./cross-goods.js";
import {
  checkCitations, checkContainer, checkFormula, checkLots, checkManufacturer, checkWeights,
} from "./cross-papers.js";
import { checkIssuers, checkSuppliers } from "./cross-parties.js";
import { DIGEST_ONLY, DOCUMENT_KINDS, KINDS, STATEMENTS, kindName } from "./kinds.js";
import { choosePack } from "./rules.js";
import { stepOf } from "./steps.js";

/**
 * @typedef {import("./chain.js").Facts} Facts
 * @typedef {import("./evidence.js").Evidence} Evidence
 * @typedef {import("./evidence.js").Event} Event
 * @typedef {import("./steps.js").Check} Check
 */

/** GLNs of the places that an event names. @param {Record<string, any>} body */
const placesOf = (body) =>
  [body.readPoint?.id, body.bizLocation?.id].flatMap((id) => /\/414\/(\d{13})/.exec(id)?.[1] ?? []);

/** @param {Event} event */
function differs({ record, body }) {
  const { disposition, eventTime } = body;
  const stage = body["tracer:stage"];
  const isRecall = record.kind === KINDS.RECALL;
  const isHold = record.kind === KINDS.HOLD || record.kind === KINDS.RELEASE;
  const fits = stage === "HOLD_RECALL"
    ? (isRecall || isHold) && isRecall === (disposition === "recalled")
    : (stage ?? kindName(record.kind)) === kindName(record.kind);
  const isThen = eventTime == null || Math.abs(unixOf(String(eventTime)) - record.occurredAt) < 1;
  const places = placesOf(body);
  const isThere = !record.location || !places.length || places.includes(record.location);
  return [!fits && "stage", !isThen && "time", !isThere && "place"].filter(Boolean).join(", ");
}

/** C1 to C12 over all genuine papers and events. @param {Evidence} evidence @param {Facts | null} facts @returns {Check[]} */
export function crossChecks(evidence, facts) {
  const claims = claimsOf(evidence);
  const days = momentsOf(declarations(claims)).map(chinaDay);
  const pack = choosePack(days.sort()[0] ?? "");
  return [
    ...checkLots(claims), ...checkWeights(claims), ...checkContainer(claims), ...checkCitations(claims),
    ...checkManufacturer(claims), ...checkFormula(claims), ...checkOrder(claims, pack),
    ...checkShelfLife(claims), ...checkIssuers(claims, facts), ...checkBalance(claims),
    ...checkSuppliers(claims), ...checkPlaces(claims),
  ];
}

/** (7) What contents say fits their records; C1 to C12. @param {Evidence} evidence @param {Check[]} crosses */
export function verifyAgreement(evidence, crosses) {
  const { byDigest, events, genuine } = evidence;
  const step = stepOf(7, "contents-agree");
  const free = [...DOCUMENT_KINDS, ...DIGEST_ONLY, ...STATEMENTS];
  const found = [...genuine].flatMap(([digest, body]) => {
    const record = /** @type {import("./ledger.js").RecordRow[]} */ (byDigest.get(digest))[0];
    const subject = `record ${record.position} (${kindName(record.kind)})`;
    return body || free.includes(record.kind) ? [] : [step.invalid("malformed", subject)];
  });
  for (const event of events) {
    const columns = free.includes(event.record.kind) ? "" : differs(event);
    if (columns) found.push(step.invalid("differs", event.subject, { columns }));
  }
  const agree = genuine.size ? step.conclude(found, { count: events.length }) : [step.skipped("none")];
  return [...agree, ...crosses];
}
