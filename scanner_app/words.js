// @ts-check
import { messages } from "./messages.js";

/**
 * @typedef {import("./verify.js").Check} Check
 */

/** What a check can be about, and the message that says it. @type {[RegExp, string][]} */
const SUBJECTS = [
  [/^record (?<n>\d+) \((?<kind>\w+)\)$/, "subject.record"],
  [/^append (?<n>\d+) of party (?<gln>\d+)$/, "subject.append_of"],
  [/^append (?<n>\d+)$/, "subject.append"],
  [/^party (?<gln>\d+)$/, "subject.party"],
  [/^tin (?<serial>.+)$/, "subject.tin"],
  [/^document (?<type>[A-Z_]+) (?<number>.*)$/, "subject.document"],
  [/^batch row$/, "subject.batch"],
  [/^chain row$/, "subject.chain"],
  [/^mirror row$/, "subject.mirror"],
  [/^tin count$/, "subject.tins"],
  [/^bundle$/, "subject.bundle"],
];

/**
 * The message of a key, with its places filled; a key without words stands as it is.
 *
 * @param {string} key
 * @param {Record<string, unknown>} [params]
 */
export function say(key, params = {}) {
  const text = messages[key];
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(params[name] ?? ""));
}

/**
 * The word for a value of a code list; a value outside the list stands as it is.
 *
 * @param {string} list
 * @param {string} code
 */
export function sayCode(list, code) {
  return messages[`${list}.${code}`] ?? code;
}

/**
 * What a check is about, in the page's language.
 *
 * @param {string} subject
 */
export function saySubject(subject) {
  for (const [pattern, key] of SUBJECTS) {
    const found = pattern.exec(subject);
    if (found) {
      const { kind = "", type = "", ...rest } = found.groups ?? {};
      return say(key, { ...rest, kind: sayCode("kind", kind), type: sayCode("doctype", type) });
    }
  }
  return subject;
}

/**
 * A check's reason, with what it is about.
 *
 * @param {Check} check
 */
export function sayCheck(check) {
  const reason = check.key in messages ? say(check.key, check.params) : check.reason;
  return check.subject ? say("subject.reason", { subject: saySubject(check.subject), reason }) : reason;
}

/**
 * How long ago something was.
 *
 * @param {number} seconds
 */
export function sayAge(seconds) {
  /** @type {[string, number][]} */
  const units = [["days", 86400], ["hours", 3600], ["minutes", 60], ["seconds", 1]];
  const [unit, size] = units.find(([, length]) => seconds >= 2 * length) ?? units[3];
  return say(`age.${unit}`, { n: Math.max(0, Math.floor(seconds / size)) });
}
