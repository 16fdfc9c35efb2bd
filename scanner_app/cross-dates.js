// @ts-check
/** C7 and C8: dates follow each other, enough shelf life is left (twin of cross_dates.py). */
import { firstOf, momentsOf } from "./claims.js";
import { comparison, isLater } from "./comparison.js";
import { plain } from "./evidence.js";
import { KINDS } from "./kinds.js";
import { MAX_CLOCK_DRIFT_S } from "./ledger.js";
import { TOLERANCES } from "./rules.js";
import { dayUnix } from "./steps.js";

/**
 * @typedef {import("./claims.js").Claims} Claims
 * @typedef {import("./comparison.js").Comparison} Comparison
 * @typedef {import("./rules.js").Pack} Pack
 */

const DAY_S = 86_400;
const RENEWED_MONTHS = 60; // a registration that renews itself is renewed for five years
const TESTING = ["sampledAt", "receivedAt", "testedFrom", "testedTo", "issuedAt"];
/** Events in the order in which goods are made, moved and tested. */
const MADE = [
  KINDS.MILK_COLLECTION, KINDS.MILK_RECEIPT, KINDS.WET_PROCESS, KINDS.DRY_BLEND, KINDS.CANNING,
  KINDS.PACK_AGGREGATE, KINDS.CONTAINER_LOADING,
];
const MOVED = [
  KINDS.FACTORY_RELEASE, KINDS.CONTAINER_LOADING, KINDS.DEPARTURE, KINDS.ARRIVAL, KINDS.UNLOAD,
  KINDS.WAREHOUSE_RECEIPT, KINDS.DISTRIBUTION, KINDS.RETAIL_RECEIPT, KINDS.SALE,
];
const TESTED = [KINDS.LAB_SAMPLING, KINDS.LAB_RESULT, KINDS.FACTORY_RELEASE];

const VALID_AT_PRODUCTION = ["FORMULA_REGISTRATION", "MANUFACTURER_REGISTRATION", "HALAL", "ORGANIC"];

/** When the goods were declared, by the papers. @param {Claims} claims */
export const declarations = ({ said }) => [
  ...said("issuedAt", "CUSTOMS_DECLARATION"), ...said("declaredAt", "CUSTOMS_DECLARATION"),
];

/** C7: production, tests, certificates, transport, customs and sale follow each other. @param {Claims} claims @param {Pack} pack */
export function checkOrder(claims, pack) {
  const { said, happened } = claims;
  const check = comparison("C7");
  const [produced, declared] = [said("productionDate"), declarations(claims)];
  const [arrived, sold] = [happened(KINDS.ARRIVAL), happened(KINDS.SALE)];
  const boarded = said("onBoard", "BILL_OF_LADING");
  for (const chain of [
    [
      produced, said("sampledAt", "LAB_REPORT"), said("issuedAt", "LAB_REPORT"),
      happened(KINDS.FACTORY_RELEASE), said("issuedAt", "HEALTH_CERTIFICATE"), boarded, arrived,
      declared, happened(KINDS.CUSTOMS_RELEASE), sold,
    ],
    [happened(KINDS.CONTAINER_LOADING), boarded, happened(KINDS.DEPARTURE), arrived],
    MADE.map(happened),
    MOVED.map(happened),
    [happened(KINDS.MATERIAL_RECEIPT), happened(KINDS.DRY_BLEND)],
    [KINDS.CANNING, ...TESTED].map(happened),
    [happened(KINDS.IMPORT_DECLARATION), happened(KINDS.CUSTOMS_RELEASE)],
    [produced, said("issuedAt", "PACKING_LIST"), arrived],
    [arrived, said("inspectedAt", "CIQ_CERTIFICATE")],
    [arrived, said("issuedAt", "CIQ_CERTIFICATE"), sold],
    [declared, happened(KINDS.CLEARANCE_CONFIRMATION)],
  ]) check.inOrder("dates", chain.flatMap(firstOf));
  const origin = said("issuedAt", "CERTIFICATE_OF_ORIGIN");
  check.inOrder("dates", [...firstOf(origin), ...firstOf(boarded)], TOLERANCES.originGraceDays * DAY_S);
  check.inOrder("dates", [...firstOf(produced), ...firstOf(origin)]);
  compareEach(check, claims);
  compareValidity(check, claims, pack);
  return check.conclude();
}

/** No paper is dated after its own record; each report's work is in order. @param {Comparison} check @param {Claims} claims */
function compareEach(check, { papers, of }) {
  for (const paper of papers) {
    const times = [plain(paper, "issuedAt"), `@${paper.records[0].recordedAt}`];
    const moments = momentsOf(times.map((text) => ({ subject: paper.subject, text })));
    check.inOrder("issuedAt", moments, MAX_CLOCK_DRIFT_S);
  }
  for (const paper of of("LAB_REPORT")) {
    const steps = TESTING.map((name) => ({ subject: paper.subject, text: plain(paper, name) }));
    check.inOrder("testing", momentsOf(steps));
  }
}

/** Registrations and certificates were valid when the tins were made and declared. @param {Comparison} check @param {Claims} claims @param {Pack} pack */
function compareValidity(check, claims, pack) {
  const produced = claims.said("productionDate").slice(0, 1);
  const declared = declarations(claims).slice(0, 1);
  for (const paper of claims.of(...VALID_AT_PRODUCTION)) {
    const [from, until] = ["validFrom", "validUntil"].map((name) => ({ subject: paper.subject, text: plain(paper, name) }));
    check.inOrder("validUntil", momentsOf([from, ...produced, until]));
    if (paper.type !== "MANUFACTURER_REGISTRATION") continue;
    const [[end], [start]] = [momentsOf([until]), momentsOf(declared)];
    const hasLapsed = !!end && !!start && end.latest < start.earliest;
    if (hasLapsed && pack.registrationRenewsItself && mayBeRenewed(until.text, declared[0].text)) {
      check.unclear("cross.renewed", { one: paper.subject, a: until.text, rule: pack.code }, paper.subject);
    } else {
      check.inOrder("validUntil", momentsOf([...declared, until]));
    }
  }
}

/** @param {string} until @param {string} declared */
function mayBeRenewed(until, declared) {
  const [end, day] = [until.slice(0, 10), declared.slice(0, 10)];
  return !!dayUnix(end) && !!dayUnix(day) && !isLater(day, end, RENEWED_MONTHS);
}

/** C8: enough shelf life was left at declaration; nobody stretched it. @param {Claims} claims */
export function checkShelfLife(claims) {
  const { said } = claims;
  const check = comparison("C8");
  const [best] = said("bestBefore");
  const months = TOLERANCES.minShelfLifeMonths;
  for (const claim of declarations(claims)) if (best) check.enough("bestBefore", best, claim, months);
  const [[produced], [span]] = [said("productionDate"), said("shelfLifeMonths", "PRODUCT")];
  const isSpan = best && produced && span && /^[0-9]+$/.test(span.text);
  if (isSpan && isLater(best.text.slice(0, 10), produced.text.slice(0, 10), Number(span.text.slice(0, 4)))) {
    check.differ("bestBefore", best, { subject: span.subject, text: `${produced.text} + ${span.text}` });
  }
  return check.conclude({ months });
}
