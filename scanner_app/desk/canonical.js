// @ts-check
/** JSON with one spelling, RFC 8785 (twin of tracer/domain/canonical.py). */

const LONE_SURROGATE = /[\ud800-\udfff]/u;

/** A value cannot be written in the one spelling. */
export class NotCanonicalError extends Error {}

/** @param {number} value */
function numberText(value) {
  const isExact = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  if (!isExact) throw new NotCanonicalError(`${value} is no number that JSON keeps exactly`);
  return JSON.stringify(value);
}

/** @param {string} value */
function quoted(value) {
  if (LONE_SURROGATE.test(value)) throw new NotCanonicalError("half of a character is no text");
  return JSON.stringify(value);
}

/**
 * RFC 8785 text of a JSON value. The standard takes the spelling of numbers and strings from
 * JSON.stringify, and the order of names from the sorting of JavaScript's strings.
 *
 * @param {unknown} value
 * @returns {string}
 */
export function canonicalText(value) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return numberText(value);
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (typeof value !== "object") throw new NotCanonicalError(`${typeof value} is no JSON`);
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${quoted(name)}:${canonicalText(member)}`).join(",")}}`;
}
