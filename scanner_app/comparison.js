// @ts-check
/** How a cross check collects what it compared (twin of tracer/domain/cross_comparison.py). */
import { join, readNumber, totalsOf } from "./claims.js";
import { dayUnix, stepOf } from "./steps.js";

/**
 * @typedef {import("./claims.js").Claim} Claim
 * @typedef {import("./claims.js").Moment} Moment
 * @typedef {import("./steps.js").Check} Check
 * @typedef {import("./steps.js").Params} Params
 * @typedef {ReturnType<typeof comparison>} Comparison
 */

const ROUNDING = 1e-9; // so that a difference of exactly the tolerance passes

/** Months and days since the year 0, in one number that compares as a date. @param {string} date @param {number} [months] */
const counted = (date, months = 0) =>
  (Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) + months) * 32 + Number(date.slice(8));

/** Whether one date lies after another and so many months; false for what is no date. @param {string} one @param {string} other @param {number} months */
export const isLater = (one, other, months) =>
  !!dayUnix(one) && !!dayUnix(other) && counted(one) > counted(other, months);

/** @param {number} one @param {number} other @param {number} percent */
const isNear = (one, other, percent) =>
  Math.abs(one - other) * 100 <= percent * Math.max(Math.abs(one), Math.abs(other)) + ROUNDING;

/** Whether a moment surely lies before another; one paper's days are days of one place. @param {Moment} moment @param {Moment} other @param {number} graceS */
function isBefore(moment, other, graceS) {
  const areDays = moment.latest > moment.earliest && other.latest > other.earliest;
  const isOnePaper = areDays && moment.claim.subject === other.claim.subject;
  return other.earliest > (isOnePaper ? moment.earliest : moment.latest) + graceS;
}

/** Collects what a check compared, and what it found in conflict. @param {string} code */
export function comparison(code) {
  const step = stepOf(7, code);
  const [conflicts, open] = [/** @type {Check[]} */ ([]), /** @type {Check[]} */ ([])];
  /** @type {[string, number][]} */
  const compared = [];
  /** Something was compared, unless one alone said it all. @param {string} field @param {Claim[]} claims */
  const note = (field, ...claims) => {
    if (new Set(claims.map(({ subject }) => subject)).size > 1) compared.push([field, claims.length]);
  };
  /** @param {string} key @param {Params} params @param {string} subject */
  const conflict = (key, params, subject) => conflicts.push(step.invalid(key, subject, params));
  /** @param {string} field @param {Claim} one @param {Claim} other @param {string} [key] */
  const differ = (field, one, other, key = "cross.conflict") =>
    conflict(key, { field, one: one.subject, a: one.text, other: other.subject, b: other.text }, one.subject);
  /** @param {string} field @param {Claim[]} claims @param {(a: string, b: string) => boolean} [agree] */
  const same = (field, claims, agree = (a, b) => a === b) => {
    note(field, ...claims);
    const [first, ...rest] = claims;
    for (const claim of rest) if (!agree(first.text, claim.text)) differ(field, first, claim);
  };
  /** @param {string} field @param {Claim[]} claims @param {(text: string) => boolean} check @param {string} rule */
  const holds = (field, claims, check, rule) => {
    for (const { subject, text } of claims) {
      if (!check(text)) conflict("cross.rule", { field, one: subject, a: text, rule }, subject);
    }
  };
  return {
    note, conflict, differ, same, holds,
    /** Something should have been compared, and could not. @param {string} key @param {Params} params @param {string} subject */
    unclear: (key, params, subject) => open.push(step.skipped(key, subject, params)),
    /** @param {string} field @param {Claim[]} claims @param {number} percent */
    near: (field, claims, percent) => same(field, claims, (a, b) => isNear(readNumber(a), readNumber(b), percent)),
    /** Each group says what the first one says, in any order. @param {string} field @param {Claim[][]} groups */
    sameSets: (field, groups) => {
      note(field, ...groups.flat());
      const [first, ...rest] = groups;
      for (const group of rest) {
        const [head, said] = [first, group].map((claims) => new Set(claims.map(({ text }) => text)));
        const missing = first.filter(({ text }) => !said.has(text));
        const extra = group.filter(({ text }) => !head.has(text));
        for (const claim of extra) differ(field, missing[0] ?? first[0], claim);
        for (const claim of extra.length ? [] : missing) differ(field, claim, group[0]);
      }
    },
    /** What each group says in all is near what the first one says. @param {string} field @param {Claim[][]} groups @param {number} percent */
    nearTotals: (field, groups, percent) => {
      note(field, ...groups.flat());
      const [first, ...rest] = groups;
      for (const group of rest) {
        const [heads, totals] = [totalsOf(first), totalsOf(group)];
        const areNear = heads.some((one) => totals.some((other) => isNear(one, other, percent)));
        if (!areNear) differ(field, join(first), join(group));
      }
    },
    /** A number is not larger than what another one allows. @param {string} field @param {Claim} claim @param {Claim} limit @param {number} [factor] */
    atMost: (field, claim, limit, factor = 1) => {
      note(field, claim, limit);
      const isFine = readNumber(claim.text) <= readNumber(limit.text) * factor + ROUNDING;
      if (!isFine) differ(field, claim, limit, "cross.exceeds");
    },
    /** @param {string} field @param {Claim} claim @param {Claim[]} others */
    oneOf: (field, claim, others) => {
      if (!others.length) return;
      note(field, claim, ...others);
      if (!others.some((other) => other.text === claim.text)) differ(field, claim, others[0]);
    },
    /** @param {string} field @param {Claim[]} claims @param {string} rule */
    fits: (field, claims, rule) => holds(field, claims, (text) => new RegExp(rule).test(text), rule),
    /** No moment surely lies before the one in front of it. @param {string} field @param {Moment[]} moments @param {number} [graceS] */
    inOrder: (field, moments, graceS = 0) => {
      note(field, ...moments.map(({ claim }) => claim));
      moments.reduce((before, moment) => {
        if (isBefore(moment, before, graceS)) {
          const [first, second] = [before.claim.subject, moment.claim.subject];
          conflict("cross.order", { first, a: before.text, second, b: moment.text }, first);
        }
        return moment.earliest > before.earliest ? moment : before;
      }, moments[0]);
    },
    /** A date lies at least so many months after another. @param {string} field @param {Claim} best @param {Claim} declared @param {number} months */
    enough: (field, best, declared, months) => {
      const [end, start] = [best, declared].map((one) => one.text.slice(0, 10));
      if (!dayUnix(end) || !dayUnix(start)) return;
      note(field, best, declared);
      if (counted(end) < counted(start, months)) differ(field, best, declared);
    },
    /** @param {Params} [params] @returns {Check[]} */
    conclude: (params = {}) => {
      if (conflicts.length) return conflicts;
      if (!compared.length) return open.length ? open : [step.skipped(`${code}.unverified`)];
      const fields = [...new Set(compared.map(([field]) => field))].join(", ");
      const count = compared.reduce((total, [, number]) => total + number, 0);
      return [step.valid(`${code}.confirmed`, "", { fields, count, ...params }), ...open];
    },
  };
}
