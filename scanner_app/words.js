// @ts-check
import { messages } from "./messages.js";
import { say } from "./say.js";

export { say, sayAge } from "./say.js";

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
 * @returns {string}
 */
export function saySubject(subject) {
  const other = /^[0-9a-f]{64} (.+)$/.exec(subject);
  if (other) return say("subject.other_batch", { subject: saySubject(other[1]) });
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
 * Texts joined by a sign, each said by itself and only once.
 *
 * @param {string} text
 * @param {(one: string) => string} sayOne
 */
const sayEach = (text, sayOne) =>
  [...new Set(text.split(", ").map(sayOne))].join(messages["list.join"] ?? ", ");

/** @param {string} field */
const sayField = (field) =>
  field.startsWith(USES)
    ? say("name.uses", { type: sayCode("doctype", field.slice(USES.length)) })
    : sayCode("name", field);

const USES = "uses of ";

/** @param {string} list @returns {(text: string) => string} */
const codes = (list) => (text) => sayEach(text, (one) => sayCode(list, one));

/** @param {string} text */
const saySubjects = (text) => text.split(" + ").map(saySubject).join(" + ");

/** Place of a message: how what stands there is said. @type {Record<string, (text: string) => string>} */
const PLACES = {
  one: saySubjects,
  other: saySubjects,
  first: saySubjects,
  second: saySubjects,
  subject: saySubjects,
  field: sayField,
  fields: (text) => sayEach(text, sayField),
  type: codes("doctype"),
  paper: codes("doctype"),
  kinds: codes("kind"),
  roles: codes("role"),
  country: codes("country"),
  status: codes("party"),
};

/**
 * Places of a message that name papers, fields, kinds or roles, in the page's words.
 *
 * @param {Record<string, unknown>} params
 */
export function inWords(params) {
  const said = { ...params };
  for (const [place, sayIt] of Object.entries(PLACES)) {
    const text = said[place];
    if (typeof text === "string") said[place] = sayIt(text);
  }
  return said;
}

/**
 * A check's reason, with what it is about.
 *
 * @param {Check} check
 */
export function sayCheck(check) {
  const reason = check.key in messages ? say(check.key, inWords(check.params)) : check.reason;
  return check.subject ? say("subject.reason", { subject: saySubject(check.subject), reason }) : reason;
}
