// @ts-check
/** How the steps of the protocol say what they found (twin of tracer/domain/steps.py). */

/**
 * @typedef {"VALID" | "INVALID" | "ERROR" | "SKIPPED"} Status
 * @typedef {Record<string, string | number>} Params
 * @typedef {{ step: number, name: string, status: Status, reason: string, subject: string,
 *   key: string, params: Params }} Check
 * @typedef {(outcome: string, subject?: string, params?: Params) => Check} Say
 */

export const COULD_NOT_ASK = "could-not-ask";

/** One named check of a numbered step; an outcome is the rest of its message key. @param {number} step @param {string} name */
export function stepOf(step, name) {
  /** @param {Status} status @returns {Say} */
  const says = (status) => (outcome, subject = "", params = {}) => {
    const whole = outcome.includes(".") || outcome === COULD_NOT_ASK;
    const key = whole ? outcome : `${name}.${outcome}`;
    return { step, name, status, reason: key, subject, key, params };
  };
  const valid = says("VALID");
  return {
    name,
    valid,
    invalid: says("INVALID"),
    error: says("ERROR"),
    skipped: says("SKIPPED"),
    /** What was found; and VALID in front of it if none of it is INVALID or ERROR. @param {Check[]} found @param {Params} [params] */
    conclude: (found, params = {}) =>
      found.some((check) => check.status !== "SKIPPED") ? found : [valid("ok", "", params), ...found],
  };
}

/** A moment as ISO 8601 in UTC, to the second. @param {number} unix */
export const utcText = (unix) => `${new Date(unix * 1000).toISOString().slice(0, 19)}Z`;

/** JSON names, of those given, of the columns that differ. @param {any} one @param {any} other @param {string} names */
export const differing = (one, other, names) =>
  names.split(" ").filter((name) => one[name] !== other[name]).join(", ");

/** Of the given columns those that both have and that differ. @param {any} one @param {any} other @param {string} names */
export const differingShared = (one, other, names) =>
  differing(one, other, names.split(" ").filter((name) => name in one && name in other).join(" "));

/** Unix seconds at which a day such as 2026-02-11 begins in UTC; NaN for anything else. @param {string} text */
export function dayUnix(text) {
  const unix = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) / 1000 : NaN;
  return unix && utcText(unix).startsWith(text) ? unix : NaN; // engines take 30 February for 2 March
}
