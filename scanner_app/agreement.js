// @ts-check
/** Step (7): contents agree with their records, papers with each other (twin of cross_checks.py). */
import { plain } from "./evidence.js";
import { DIGEST_ONLY, DOCUMENT_KINDS, KINDS, STATEMENTS, kindName } from "./kinds.js";
import { dayUnix, stepOf, utcText } from "./steps.js";

/**
 * @typedef {import("./evidence.js").Evidence} Evidence
 * @typedef {import("./evidence.js").Event} Event
 * @typedef {{ subject: string, text: string }} Claim
 * @typedef {{ earliest: number, latest: number, claim: Claim, text: string }} Moment
 */

const FORMULA_NUMBER = "^国食注字YP20\\d{2}\\d{4}$";
const DECLARATION_NUMBER = "^\\d{4}20\\d{2}1\\d{9}$";
const CIQ_SUFFIXES = { 1: "101", 2: "102", 3: "103" };
const MIN_SHELF_LIFE_MONTHS = 3;
const NET_PCT = 0.5;
const GROSS_PCT = 1;
const CONTAINER_URN = "urn:epc:id:bic:";
const HOUR_S = 3600;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** Unix seconds of a time with a zone; NaN for anything else. @param {string} text */
const unixOf = (text) => (DATE_TIME.test(text) && dayUnix(text.slice(0, 10)) ? Date.parse(text) / 1000 : NaN);

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

/** Collects what a check compared, and what it found in conflict. @param {string} code */
function comparison(code) {
  const step = stepOf(7, code);
  /** @type {import("./steps.js").Check[]} */
  const conflicts = [];
  let compared = false;
  /** @param {string} field @param {Claim} one @param {Claim} other */
  const differ = (field, one, other) => {
    const params = { field, one: one.subject, a: one.text, other: other.subject, b: other.text };
    conflicts.push(step.invalid("cross.conflict", one.subject, params));
  };
  /** @param {string} field @param {Claim[]} claims @param {(a: string, b: string) => boolean} [agree] */
  const same = (field, [first, ...rest], agree = (a, b) => a === b) => {
    compared ||= rest.length > 0;
    for (const claim of rest) if (!agree(first.text, claim.text)) differ(field, first, claim);
  };
  return {
    same,
    /** @param {string} field @param {Claim[]} claims @param {number} percent */
    near: (field, claims, percent) => same(field, claims, (a, b) => {
      const [one, other] = [a, b].map((text) => (text ? Number(text) : NaN));
      return Math.abs(one - other) * 100 <= percent * Math.max(Math.abs(one), Math.abs(other));
    }),
    /** @param {string} field @param {Claim} claim @param {Claim[]} others */
    oneOf: (field, claim, others) => {
      compared ||= others.length > 0;
      const isKnown = others.some((other) => other.text === claim.text);
      if (others.length && !isKnown) differ(field, claim, others[0]);
    },
    /** @param {string} field @param {Claim[]} claims @param {string} rule */
    fits: (field, claims, rule) => {
      for (const { subject, text } of claims) {
        const params = { field, one: subject, a: text, rule };
        if (!new RegExp(rule).test(text)) conflicts.push(step.invalid("cross.rule", subject, params));
      }
    },
    /** @param {Moment[]} moments */
    inOrder: (moments) => {
      compared ||= moments.length > 1;
      moments.reduce((before, moment) => {
        if (before.earliest > moment.latest) {
          const [first, second] = [before.claim.subject, moment.claim.subject];
          const params = { first, a: before.text, second, b: moment.text };
          conflicts.push(step.invalid("cross.order", first, params));
        }
        return moment.earliest > before.earliest ? moment : before;
      }, moments[0]);
    },
    /** @param {string} field @param {Claim} best @param {Claim} declared @param {number} months */
    enough: (field, best, declared, months) => {
      const [end, start] = [best, declared].map((one) => one.text.slice(0, 10));
      if (!dayUnix(end) || !dayUnix(start)) return;
      compared = true;
      /** @param {string} date */
      const days = (date) => Number(date.slice(0, 4)) * 384 + Number(date.slice(5, 7)) * 32 + Number(date.slice(8));
      if (days(end) < days(start) + 32 * months) differ(field, best, declared);
    },
    /** @param {import("./steps.js").Params} [params] */
    conclude: (params = {}) => {
      if (conflicts.length) return conflicts;
      return [compared ? step.valid(`${code}.confirmed`, "", params) : step.skipped("cross.unverified")];
    },
  };
}

/** When claims say something happened: a time, or any moment of a day. @param {Claim[]} claims @returns {Moment[]} */
function momentsOf(claims) {
  return claims.flatMap((claim) => {
    const { text } = claim;
    if (text.startsWith("@")) {
      const unix = Number(text.slice(1));
      return [{ earliest: unix, latest: unix, claim, text: utcText(unix) }];
    }
    const day = dayUnix(text);
    const unix = unixOf(text);
    if (day) return [{ earliest: day - 14 * HOUR_S, latest: day + 36 * HOUR_S, claim, text }];
    return unix ? [{ earliest: unix, latest: unix, claim, text }] : [];
  });
}

/** C1 to C8 over all genuine papers and events. @param {Evidence} evidence */
function crossChecks({ bundle, events, papers, records }) {
  const genuine = papers.filter((paper) => paper.genuine);
  /** @param {string} name @param {string} [type] @returns {Claim[]} */
  const said = (name, type) => genuine
    .filter((paper) => (!type || paper.type === type) && name in paper.texts)
    .map((paper) => ({ subject: paper.subject, text: plain(paper, name) }));
  /** @param {number} kind @param {string[]} path @returns {Claim[]} */
  const told = (kind, ...path) => events
    .filter((event) => event.record.kind === kind)
    .map(({ body, subject }) => ({ subject, text: path.reduce((/** @type {any} */ at, name) => at?.[name], body) }))
    .filter(({ text }) => typeof text === "string" || Number.isInteger(text))
    .map(({ subject, text }) => ({ subject, text: String(text) }));
  /** @param {number} kind @returns {Claim[]} */
  const happened = (kind) => records
    .filter((record) => record.kind === kind)
    .map((record) => ({ subject: `record ${record.position} (${kindName(kind)})`, text: `@${record.occurredAt}` }));
  /** @param {"lot" | "gtin"} name */
  const label = (name) => ({ subject: "batch row", text: bundle.batch[name] });

  const c1 = comparison("C1");
  const listed = genuine.flatMap((paper) => {
    const lots = paper.type === "CIQ_CERTIFICATE" && JSON.parse(paper.texts.lots ?? "0");
    if (!Array.isArray(lots)) return [];
    const text = lots.includes(bundle.batch.lot) ? bundle.batch.lot : lots.join(", ");
    return [{ subject: paper.subject, text }];
  });
  c1.same("lot", [label("lot"), ...said("lot"), ...listed, ...told(KINDS.CANNING, "ilmd", "cbvmda:lotNumber")]);
  c1.same("gtin", [label("gtin"), ...said("gtin")]);
  c1.same("productionDate", [...said("productionDate"), ...told(KINDS.CANNING, "ilmd", "tracer:productionDate")]);
  c1.same("bestBefore", [...said("bestBefore"), ...told(KINDS.CANNING, "ilmd", "cbvmda:itemExpirationDate")]);

  const c2 = comparison("C2");
  c2.same("tins", said("tins"));
  c2.near("netKg", said("netKg"), NET_PCT);
  c2.near("grossKg", said("grossKg"), GROSS_PCT);

  const c3 = comparison("C3");
  const loaded = told(KINDS.CONTAINER_LOADING, "parentID")
    .filter(({ text }) => text.startsWith(CONTAINER_URN))
    .map(({ subject, text }) => ({ subject, text: text.slice(CONTAINER_URN.length) }));
  c3.same("container", [...said("container"), ...loaded]);
  c3.same("seal", [...said("seal"), ...told(KINDS.CONTAINER_LOADING, "tracer:seal")]);

  const c4 = comparison("C4");
  c4.fits("number", said("number", "CUSTOMS_DECLARATION"), DECLARATION_NUMBER);
  for (const [field, citing, cited] of [
    ["coNo", "CUSTOMS_DECLARATION", "CERTIFICATE_OF_ORIGIN"],
    ["healthCertNo", "CUSTOMS_DECLARATION", "HEALTH_CERTIFICATE"],
    ["bl", "CUSTOMS_DECLARATION", "BILL_OF_LADING"],
    ["declaration", "CIQ_CERTIFICATE", "CUSTOMS_DECLARATION"],
  ]) {
    for (const claim of said(field, citing)) c4.oneOf(field, claim, said("number", cited));
  }
  c4.same("originCountry", said("originCountry"));

  const c5 = comparison("C5");
  c5.same("manufacturer519", [
    ...said("manufacturer519"), ...said("establishmentNo"), ...said("number", "MANUFACTURER_REGISTRATION"),
  ]);

  const c6 = comparison("C6");
  const formulas = [
    ...said("formulaRegistrationNo"), ...said("formulaNo"), ...said("number", "FORMULA_REGISTRATION"),
  ];
  c6.same("formulaNo", formulas);
  c6.fits("formulaNo", formulas, FORMULA_NUMBER);
  const stages = said("stage", "PRODUCT").map(({ subject, text }) => (
    { subject, text: CIQ_SUFFIXES[/** @type {"1"} */ (text)] ?? text }
  ));
  c6.same("ciq", [...stages, ...said("ciq", "CUSTOMS_DECLARATION")]);

  const c7 = comparison("C7");
  c7.inOrder([
    said("productionDate"), said("sampledAt", "LAB_REPORT"), said("issuedAt", "LAB_REPORT"),
    happened(KINDS.FACTORY_RELEASE), said("issuedAt", "HEALTH_CERTIFICATE"),
    said("onBoard", "BILL_OF_LADING"), happened(KINDS.ARRIVAL),
    said("issuedAt", "CUSTOMS_DECLARATION"), said("issuedAt", "CIQ_CERTIFICATE"), happened(KINDS.SALE),
  ].flatMap((claims) => {
    // Of several of a kind the first one counts: a retest may well be later than the shipment.
    const moments = momentsOf(claims);
    return moments.length ? [moments.reduce((a, b) => (b.earliest < a.earliest ? b : a))] : [];
  }));

  const c8 = comparison("C8");
  for (const claim of said("issuedAt", "CUSTOMS_DECLARATION")) {
    for (const best of said("bestBefore").slice(0, 1)) {
      c8.enough("bestBefore", best, claim, MIN_SHELF_LIFE_MONTHS);
    }
  }
  const plainly = [c1, c2, c3, c4, c5, c6, c7].flatMap((check) => check.conclude());
  return [...plainly, ...c8.conclude({ months: MIN_SHELF_LIFE_MONTHS })];
}

/** (7) What contents say fits their records; C1 to C8. @param {Evidence} evidence */
export function verifyAgreement(evidence) {
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
  return [...agree, ...crossChecks(evidence)];
}
