// @ts-check
/** Who says what about a batch (twin of tracer/domain/cross_claims.py). */
import { plain, plainText, valueOf } from "./evidence.js";
import { kindName } from "./kinds.js";
import { recordSubject } from "./ledger.js";
import { dayUnix, utcText } from "./steps.js";

/**
 * @typedef {import("./evidence.js").Evidence} Evidence
 * @typedef {import("./evidence.js").Event} Event
 * @typedef {import("./evidence.js").Paper} Paper
 * @typedef {{ subject: string, text: string }} Claim
 * @typedef {{ earliest: number, latest: number, claim: Claim, text: string }} Moment
 * @typedef {ReturnType<typeof claimsOf>} Claims
 */

const HOUR_S = 3600;
const END_UNIX = 253_370_764_800; // the year 9999
const PLUS = " + ";
const MAX_QUANTITY = 1e12; // beyond it no scale and no double is exact enough to compare
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** Unix seconds of a time with a zone; NaN for anything else. @param {string} text */
export const unixOf = (text) => (DATE_TIME.test(text) && dayUnix(text.slice(0, 10)) ? Date.parse(text) / 1000 : NaN);

/** A moment as people read it. @param {number} unix */
export const showTime = (unix) => (unix > 0 && unix < END_UNIX ? utcText(unix) : `@${unix}`);

/** When claims say something happened: a time, or any moment of a day. @param {Claim[]} claims @returns {Moment[]} */
export function momentsOf(claims) {
  return claims.flatMap((claim) => {
    const { text } = claim;
    const stamp = /^@([0-9]{1,13})$/.exec(text);
    const day = dayUnix(text);
    const unix = stamp ? Number(stamp[1]) : unixOf(text);
    /** @param {number} start */
    const isKnown = (start) => start > 0 && start < END_UNIX;
    if (!stamp && isKnown(day)) return [{ earliest: day - 14 * HOUR_S, latest: day + 36 * HOUR_S, claim, text }];
    return isKnown(unix) ? [{ earliest: unix, latest: unix, claim, text: stamp ? utcText(unix) : text }] : [];
  });
}

/** The earliest moment, if there is one: a retest may be later than the shipment. @param {Claim[]} claims @returns {Moment[]} */
export function firstOf(claims) {
  const moments = momentsOf(claims);
  return moments.length ? [moments.reduce((a, b) => (b.earliest < a.earliest ? b : a))] : [];
}

/** The day of a moment in China, where declarations are dated. @param {Moment} moment */
export const chinaDay = ({ text, earliest }) =>
  (dayUnix(text) ? text : utcText(Math.floor(earliest) + 8 * HOUR_S).slice(0, 10));

/** @param {number[]} values */
export const add = (values) => values.reduce((total, value) => total + value, 0);

/** A decimal number as papers write it; NaN for anything else. @param {string} text */
export const readNumber = (text) => (/^-?[0-9]{1,12}(?:\.[0-9]{1,17})?$/.test(text) ? Number(text) : NaN);

/** A number to three decimals, the same in every language. @param {number} value */
export const showNumber = (value) => String(Math.floor(value * 1000 + 0.5) / 1000);

/** A quantity of an event; NaN when it is none. @param {unknown} value */
export const quantityOf = (value) =>
  (typeof value === "number" && value >= 0 && value < MAX_QUANTITY ? value : NaN);

/** The objects of a list that is a member of an event. @param {any} body @param {string} name @returns {Record<string, any>[]} */
export function listedRows(body, name) {
  const rows = body[name];
  return Array.isArray(rows) ? rows.filter((row) => isObject(row)) : [];
}

/** @param {unknown} value */
export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** What the papers of one type may say together, the least first. @param {Claim[]} claims @returns {number[]} */
export function totalsOf(claims) {
  const numbers = claims.map(({ text }) => readNumber(text));
  if (!numbers.length || numbers.some(Number.isNaN)) return [];
  const isSaidAgain = numbers.length > 1 && new Set(numbers).size === 1;
  return isSaidAgain ? [numbers[0], add(numbers)] : [add(numbers)];
}

/** One claim that shows what several say. @param {Claim[]} claims @returns {Claim} */
export const join = (claims) => ({ subject: claims[0].subject, text: claims.map(({ text }) => text).join(PLUS) });

/** Finds who says what about a batch. @param {Evidence} evidence */
export function claimsOf(evidence) {
  const { bundle, events, records } = evidence;
  const papers = evidence.papers.filter((paper) => paper.genuine && !evidence.superseded.has(paper.key));
  /** @param {string[]} types */
  const of = (...types) => papers.filter((paper) => types.includes(paper.type));
  /** @param {string} name @param {string[]} types @returns {Claim[]} */
  const said = (name, ...types) => papers
    .filter((paper) => (!types.length || types.includes(paper.type)) && name in paper.texts)
    .map((paper) => ({ subject: paper.subject, text: plain(paper, name) }));
  /** GLN -> the product paper that registers the place, and what it says about it. */
  function places() {
    /** @type {Map<string, { subject: string, place: Record<string, any> }>} */
    const found = new Map();
    for (const paper of of("PRODUCT")) {
      const named = valueOf(paper, "places");
      for (const [gln, place] of isObject(named) ? Object.entries(named) : []) {
        if (isObject(place)) found.set(gln, { subject: paper.subject, place: /** @type {any} */ (place) });
      }
    }
    return found;
  }
  return {
    evidence, papers, of, said, places,
    /** What the papers of each type say in one field, but for the product's own data. @param {string} name */
    byType: (name) => [...new Set(papers.map((paper) => paper.type))]
      .filter((type) => type !== "PRODUCT").map((type) => said(name, type)).filter((group) => group.length),
    /** @param {number} kind @param {string[]} path @returns {Claim[]} */
    told: (kind, ...path) => events
      .filter((event) => event.record.kind === kind)
      .map(({ body, subject }) => ({
        subject, text: path.reduce((/** @type {any} */ at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined), body),
      }))
      .filter(({ text }) => typeof text === "string" || Number.isSafeInteger(text))
      .map(({ subject, text }) => ({ subject, text: String(text) })),
    /** @param {number[]} kinds @returns {Event[]} */
    eventsOf: (...kinds) => events.filter((event) => kinds.includes(event.record.kind)),
    /** Numbers of papers of a type that events name among their transactions. @param {string} type @returns {Claim[]} */
    cited: (type) => events.flatMap(({ body, subject }) => listedRows(body, "bizTransactionList").flatMap((row) => {
      const text = row.bizTransaction;
      const match = typeof text === "string" ? /:doc:([A-Z_]+):(.+)/.exec(text) : null;
      return match && match[1] === type ? [{ subject, text: match[2] }] : [];
    })),
    /** @param {number} kind @returns {Claim[]} */
    happened: (kind) => records
      .filter((record) => record.kind === kind)
      .map((record) => ({ subject: recordSubject(record), text: `@${record.occurredAt}` })),
    /** @param {"lot" | "gtin"} name @returns {Claim} */
    label: (name) => ({ subject: "batch row", text: bundle.batch[name] }),
    /** What the profiles of parties say, those that the ledger pins. @param {string} name @param {string[]} glns @returns {Claim[]} */
    profiles: (name, ...glns) => glns.flatMap((gln) => {
      const profile = evidence.profiles.get(gln) ?? {};
      const text = Object.hasOwn(profile, name) ? profile[name] : undefined;
      return typeof text === "string" ? [{ subject: `party ${gln}`, text }] : [];
    }),
    /** Whether papers that list several values list the wanted one too. @param {string} name @param {string} type @param {string} wanted @returns {Claim[]} */
    listed: (name, type, wanted) => of(type).flatMap((paper) => {
      const values = valueOf(paper, name);
      if (!Array.isArray(values)) return [];
      return [{ subject: paper.subject, text: values.includes(wanted) ? wanted : values.map(plainText).join(", ") }];
    }),
    /** The registered country of each place where records of some kinds happened. @param {number[]} kinds @returns {Claim[]} */
    countries: (...kinds) => {
      const known = places();
      return records.flatMap((record) => {
        if (!kinds.includes(record.kind) || record.location === null) return [];
        const text = known.get(record.location)?.place.country;
        return typeof text === "string" ? [{ subject: `record ${record.position} (${kindName(record.kind)})`, text }] : [];
      });
    },
  };
}
