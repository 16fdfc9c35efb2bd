// @ts-check
/** One field of a form: its input, who will see it, where its text is from, what is wrong with it. */
import { labelOf } from "./context.js";
import { fill, h, icon } from "./dom.js";
import { markOf } from "./form-rules.js";
import { messages } from "../messages.js";
import { say } from "../words.js";

/** Offsets from UTC of the places that papers come from; any other that was read is added. */
const OFFSETS = ["+08:00", "+13:00", "+12:00", "+02:00", "+01:00", "+00:00"];

const TIME = /^(?<day>\d{4}-\d\d-\d\d)(?:T(?<clock>\d\d:\d\d(?::\d\d)?)?(?<offset>Z|[+-]\d\d:\d\d))?$/;

/**
 * @typedef {import("./form-rules.js").Spec} Spec
 * @typedef {import("./form-rules.js").Problem} Problem
 * @typedef {import("./drafts.js").Draft} Draft
 * @typedef {{ element: HTMLElement, spec: Spec, text: () => string,
 *   show: (problem: Problem | null) => void, focus: () => void }} Field
 */

/** @param {string} id @param {string} text @param {Record<string, string>} choices value -> word */
function select(id, text, choices) {
  const words = Object.entries(choices).map(([value, word]) => h("option", { value, selected: value === text }, word));
  const isKnown = !text || text in choices;
  return h("select", { id }, h("option", { value: "" }, say("desk.form.choose")), ...words,
    !isKnown && h("option", { value: text, selected: true }, text));
}

/** A moment in three parts, as papers print it. @param {string} id @param {string} text */
function moment(id, text) {
  const { day = "", clock = "", offset = OFFSETS[0] } = TIME.exec(text)?.groups ?? {};
  const zones = Object.fromEntries([...new Set([offset === "Z" ? "+00:00" : offset, ...OFFSETS])].map((one) => [one, `UTC${one}`]));
  const date = h("input", { id, type: "date", value: day });
  const time = h("input", { type: "time", value: clock, "aria-label": say("desk.form.clock") });
  const zone = select("", offset === "Z" ? "+00:00" : offset, zones);
  zone.removeAttribute("id");
  zone.firstElementChild?.remove();
  zone.setAttribute("aria-label", say("desk.form.offset"));
  const read = () => {
    const [typedDay, typedTime] = [date.value, time.value];
    if (!typedTime) return typedDay;
    return `${typedDay}T${typedTime.length === 5 ? `${typedTime}:00` : typedTime}${zone.value}`;
  };
  /** The part that is wrong: the time, when only the day is there. */
  const culprit = () => (date.value && !time.value ? time : date);
  return { element: h("div", { class: "moment" }, date, time, zone), controls: [date, time], culprit, read };
}

/** @param {Spec} spec @param {string} id @param {string} text */
function inputOf(spec, id, text) {
  /** @param {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} control */
  const plain = (control) => ({ element: control, controls: [control], culprit: () => control, read: () => control.value });
  const typed = { id, value: text, autocomplete: "off", spellcheck: "false" };
  switch (spec.kind) {
    case "time": return moment(id, text);
    case "date": return plain(h("input", { id, type: "date", value: text }));
    case "flag": return plain(select(id, text, { true: say("desk.form.yes"), false: say("desk.form.no") }));
    case "choice": return plain(select(id, text, Object.fromEntries((spec.choices ?? []).map((one) => [one, choiceWord(spec.name, one)]))));
    case "number": return plain(h("input", { ...typed, inputmode: "decimal" }));
    case "integer": return plain(h("input", { ...typed, inputmode: "numeric" }));
    case "country": return plain(h("input", { ...typed, maxlength: "2", size: "4", autocapitalize: "characters" }));
    case "list": case "object": return plain(h("textarea", { id, rows: "3", spellcheck: "false" }, text));
    default: return plain(h("input", typed));
  }
}

/** A code with its meaning, where the page has words for it. @param {string} name @param {string} code */
function choiceWord(name, code) {
  const word = messages[`desk.choice.${name}.${code}`];
  return word ? `${word} (${code})` : code;
}

/**
 * Build a field.
 *
 * @param {Spec} spec
 * @param {Draft} draft
 * @param {{ language: string, onEdit: (field: Field) => void }} options
 * @returns {Field}
 */
export function buildField(spec, draft, { language, onEdit }) {
  const id = `f-${spec.name}`;
  const { element: input, controls, culprit, read } = inputOf(spec, id, draft.texts[spec.name] ?? "");
  const source = h("p", { class: "source", id: `${id}-source` });
  const wrong = h("p", { class: "wrong", id: `${id}-wrong` });
  for (const control of controls) {
    control.setAttribute("aria-describedby", `${id}-source ${id}-wrong`);
    if (spec.required) control.setAttribute("aria-required", "true");
  }
  const label = h("label", { for: id }, labelOf(language, spec), !spec.required && h("span", { class: "optional" }, ` ${say("desk.form.optional")}`));
  const seen = h("span", { class: "seen" }, icon(spec.public ? "eye" : "lock"), say(spec.public ? "desk.form.public" : "desk.form.sealed"));
  const element = h("div", { class: "entry", "data-field": spec.name }, h("div", { class: "over-input" }, label, seen), input, source, wrong);
  /** @type {Field} */
  const field = {
    element, spec, text: read, focus: () => culprit().focus(),
    show(problem) {
      const mark = markOf(spec, draft.reading, read());
      element.dataset.mark = mark;
      fill(source, ...sourceOf(spec, draft, mark, language));
      wrong.textContent = problem ? sayProblem(problem) : "";
      for (const control of controls) control.setAttribute("aria-invalid", String(Boolean(problem) && control === culprit()));
    },
  };
  element.addEventListener("input", () => onEdit(field));
  field.show(null);
  return field;
}

/** What is wrong, in the page's words where it has them. @param {Problem} problem */
export const sayProblem = ({ key, params, text = "" }) => (key && key in messages ? say(key, params) : text || say(key, params));

/** Where a field's text is from. @param {Spec} spec @param {Draft} draft @param {import("./form-rules.js").Mark} mark @param {string} language @returns {import("./dom.js").Child[]} */
function sourceOf({ name }, { reading, notes }, mark, language) {
  const read = reading.find((one) => one.name === name);
  const note = notes.find((one) => one.name === name);
  if (read && mark === "read") {
    return [icon("check"), h("span", {}, say("desk.form.read", { page: read.page }), " ", h("q", {}, read.quote))];
  }
  if (read && mark === "part") {
    return [icon("alert"), h("span", {}, say("desk.form.part", { page: read.page }), " ", h("q", {}, read.quote))];
  }
  if (read) return [icon("alert"), h("span", {}, say("desk.form.changed", { page: read.page }), " ", h("q", {}, read.quote))];
  if (note && mark !== "typed") {
    const said = language === "zh" ? (note.textZh ?? note.text) : note.text;
    const quotes = (note.quotes ?? []).flatMap((quote) => [" ", h("q", {}, quote)]);
    return [icon("alert"), h("span", {}, say("desk.form.unsure", { page: note.page, code: note.code }), ...(quotes.length ? quotes : [" ", said]))];
  }
  if (mark === "unread") return [icon("alert"), h("span", {}, say("desk.form.unread"))];
  return mark === "typed" ? [say("desk.form.typed")] : [];
}
