// @ts-check
/**
 * From what a person typed to JSON values, and back. Pure. It judges only what every keystroke
 * can tell; check digits and rules between fields are the desk's (tracer/domain/paper_types.py).
 */
import { dayUnix } from "../steps.js";

/**
 * @typedef {{ name: string, public: boolean, kind: string, required: boolean, check: string,
 *   labelEn: string, labelZh: string, choices?: string[] }} Spec
 * @typedef {{ key: string, params?: Record<string, unknown>, text?: string }} Problem a message
 * @typedef {{ value?: unknown, problem?: Problem }} Parsed neither: nothing was typed
 * @typedef {{ name: string, value: unknown, page: number, quote: string }} Read
 * @typedef {"read" | "part" | "changed" | "typed" | "unread" | "optional"} Mark where a field's text is
 *   from; "part" is a day without its time
 */

const NUMBER = /^-?\d{1,15}(?:\.\d{1,9})?$/;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)$/;

/** @param {string} key @param {Record<string, unknown>} [params] @returns {Parsed} */
const wrong = (key, params) => ({ problem: { key: `desk.form.${key}`, params } });

/** @param {string} text @param {(value: unknown) => boolean} isRight @param {string} kind @returns {Parsed} */
function parseJson(text, isRight, kind) {
  try {
    const value = JSON.parse(text);
    return isRight(value) ? { value } : wrong(kind);
  } catch {
    return wrong(kind);
  }
}

/** @param {unknown} value */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** @param {string} text */
const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

/** @type {Record<string, (text: string, spec: Spec) => Parsed>} */
const READERS = {
  text: (text) => ({ value: text }),
  number: (text) => (NUMBER.test(text) ? { value: Number(text) } : wrong("number")),
  integer: (text) => (/^-?\d{1,15}$/.test(text) ? { value: Number(text) } : wrong("integer")),
  date: (text) => (Number.isNaN(dayUnix(text)) ? wrong("date") : { value: text }),
  time: (text) => (MOMENT.test(text) && Number.isFinite(Date.parse(text)) && !Number.isNaN(dayUnix(text.slice(0, 10)))
    ? { value: text } : wrong("time")),
  flag: (text) => (text === "true" || text === "false" ? { value: text === "true" } : wrong("choice")),
  country: (text) => (/^[A-Za-z]{2}$/.test(text) ? { value: text.toUpperCase() } : wrong("country")),
  choice: (text, { choices = [] }) => (!choices.length || choices.includes(text) ? { value: text } : wrong("choice")),
  list: (text) => (text.startsWith("[") ? parseJson(text, Array.isArray, "list") : { value: lines(text) }),
  object: (text) => parseJson(text, isObject, "object"),
};

/** The value that a text says. @param {Spec} spec @param {string} raw @returns {Parsed} */
export function parseInput(spec, raw) {
  const text = raw.trim();
  return text ? (READERS[spec.kind] ?? READERS.text)(text, spec) : {};
}

/** How a value stands in its input; the other direction of `parseInput`. @param {Spec} spec @param {unknown} value */
export function inputText(spec, value) {
  if (value === undefined || value === null) return "";
  const isLines = spec.kind === "list" && Array.isArray(value)
    && value.every((one) => typeof one === "string" && one && !one.includes("\n") && !one.startsWith("["));
  if (isLines) return /** @type {string[]} */ (value).join("\n");
  return typeof value === "object" ? JSON.stringify(value, null, 1) : String(value);
}

/** The texts that a form starts with: what was read, and nothing else. @param {Spec[]} specs @param {Read[]} reading */
export function firstTexts(specs, reading) {
  /** @type {Record<string, string>} */
  const texts = {};
  for (const spec of specs) {
    const read = reading.find(({ name }) => name === spec.name);
    texts[spec.name] = read ? inputText(spec, read.value) : "";
  }
  return texts;
}

/** Where a field's text comes from. @param {Spec} spec @param {Read[]} reading @param {string} text @returns {Mark} */
export function markOf(spec, reading, text) {
  const read = reading.find(({ name }) => name === spec.name);
  if (read) {
    const [whole, now] = [inputText(spec, read.value), text.trim()];
    const isDay = spec.kind === "time" && !Number.isNaN(dayUnix(whole));
    if (now === whole) return isDay ? "part" : "read";
    return isDay && now.startsWith(`${whole}T`) ? "read" : "changed";
  }
  if (text.trim()) return "typed";
  return spec.required ? "unread" : "optional";
}

/** Every value, and what is wrong. @param {Spec[]} specs @param {Record<string, string>} texts */
export function judge(specs, texts) {
  /** @type {Record<string, unknown>} */
  const values = {};
  /** @type {Record<string, Problem>} */
  const problems = {};
  for (const spec of specs) {
    const { value, problem } = parseInput(spec, texts[spec.name] ?? "");
    if (value !== undefined) values[spec.name] = value;
    else if (problem) problems[spec.name] = problem;
    else if (spec.required) problems[spec.name] = { key: "desk.form.missing" };
  }
  return { values, problems };
}

/**
 * A paper out of a form's values; number and issue time are fields that every paper has.
 *
 * @param {string} type
 * @param {Spec[]} specs
 * @param {Record<string, unknown>} values
 * @param {{ issuer: string, file: string }} more
 * @returns {import("./paper.js").Paper}
 */
export function toPaper(type, specs, { number, issuedAt, ...values }, { issuer, file }) {
  /** @param {boolean} isPublic */
  const pick = (isPublic) => Object.fromEntries(
    specs.filter((spec) => spec.public === isPublic && spec.name in values).map(({ name }) => [name, values[name]]),
  );
  return { type, number: String(number), issuedAt: String(issuedAt), issuer, file, open: pick(true), sealed: pick(false) };
}
