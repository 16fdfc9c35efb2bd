// @ts-check
/** The form of a paper: what was read beside what a person fills in, and the word that both agree. */
import { ask } from "./api.js";
import { busy, labelOf, showError } from "./context.js";
import { announce, fill, h, icon } from "./dom.js";
import { saveDraft } from "./drafts.js";
import { buildField } from "./fields.js";
import { judge, toPaper } from "./form-rules.js";
import { say } from "../words.js";

/**
 * @typedef {import("./context.js").App} App
 * @typedef {import("./drafts.js").Draft} Draft
 * @typedef {import("./fields.js").Field} Field
 * @typedef {import("./form-rules.js").Problem} Problem
 * @typedef {(paper: import("./paper.js").Paper) => Promise<void>} OnPaper
 */

/** A pause in typing after which the desk is asked. */
const PAUSE_MS = 500;

/** The specs that a person fills in: the issuer is whoever signs. @param {App} app @param {string} type */
export function specsOf(app, type) {
  const { fixed = [], fields = [] } = app.types.get(type) ?? {};
  return [...fixed.filter(({ name }) => name !== "issuer"), ...fields];
}

/** The form as an element. @param {App} app @param {Draft} draft @param {OnPaper} onPaper */
export function buildForm(app, draft, onPaper) {
  const specs = specsOf(app, draft.type);
  const result = h("div");
  const count = h("p", { class: "headline" });
  const compared = h("input", { type: "checkbox", id: "compared", "aria-describedby": "compared-wrong" });
  const comparedWrong = h("p", { class: "wrong", id: "compared-wrong" });
  const submit = h("button", {}, say("desk.form.submit"));
  const judging = judgeOf(app, draft, specs);
  /** @type {Field[]} */
  const fields = specs.map((spec) => buildField(spec, draft, {
    language: app.language,
    onEdit(field) {
      compared.checked = false; // what was compared is not what stands here now
      draft.texts[field.spec.name] = field.text();
      saveDraft(draft);
      field.show(judge([field.spec], draft.texts).problems[field.spec.name] ?? null);
      showCount();
      later();
    },
  }));
  const showCount = () => fill(count, ...countOf(fields));
  let isSent = false;
  const later = debounce(async () => showProblems(fields, await judging(), isSent), app.signal);
  const onsubmit = (/** @type {Event} */ event) => {
    event.preventDefault();
    busy(submit, async () => {
      fill(result);
      const problems = await judging();
      isSent = true;
      showProblems(fields, problems, isSent);
      comparedWrong.textContent = "";
      if (Object.keys(problems).length) return pointTo(fields, problems, result, app.language);
      if (!compared.checked) {
        comparedWrong.textContent = say("desk.form.not_compared");
        return compared.focus();
      }
      const { values } = judge(specs, draft.texts);
      return onPaper(toPaper(draft.type, specs, values, { issuer: app.session.gln, file: draft.file }));
    }, (error) => showError(result, error, app.language));
  };
  showCount();
  later();
  return h("form", { onsubmit, novalidate: true, class: "paper" }, count,
    ...groups(fields),
    h("div", { class: "compare" }, compared, h("label", { for: "compared" }, say("desk.form.compared"))), comparedWrong,
    submit, result);
}

/** Problems of the form, the desk's own among them; a silent desk adds none before sending. @param {App} app @param {Draft} draft @param {import("./form-rules.js").Spec[]} specs */
function judgeOf(app, draft, specs) {
  return async () => {
    const { values, problems } = judge(specs, draft.texts);
    const fields = { ...values, issuer: app.session.gln };
    const { problems: more = [] } = await ask("POST", `/v1/documents/${draft.id}/check`, { fields });
    for (const { name, key = "", params = {}, text } of more) {
      const [field] = name.split(/[.[]/);
      const other = specs.find((spec) => spec.name === params.name);
      const named = other ? { ...params, name: labelOf(app.language, other) } : params;
      problems[field] ??= { key, params: named, text: field === name ? text : `${name}: ${text}` };
    }
    return problems;
  };
}

/** @param {() => Promise<void>} work @param {AbortSignal} signal */
function debounce(work, signal) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      if (!signal.aborted) work().catch(() => {}); // asked again, and said, when the form is sent
    }, PAUSE_MS);
  };
}

/** What is still to be filled in is marked so; it is called wrong once the form was sent. @param {Field[]} fields @param {Record<string, Problem>} problems @param {boolean} isSent */
function showProblems(fields, problems, isSent) {
  for (const field of fields) {
    const isOpen = ["unread", "part"].includes(field.element.dataset.mark ?? "");
    field.show(isSent || !isOpen ? (problems[field.spec.name] ?? null) : null);
  }
}

/** Say how many fields want a second look, and go to the first. @param {Field[]} fields @param {Record<string, Problem>} problems @param {HTMLElement} result @param {string} language */
function pointTo(fields, problems, result, language) {
  const wrong = fields.filter(({ spec }) => spec.name in problems);
  const names = wrong.map(({ spec }) => labelOf(language, spec)).join(say("desk.comma"));
  const text = wrong.length ? say("desk.form.problems", { n: wrong.length, names })
    : Object.entries(problems).map(([name, { text: said = "" }]) => `${name}: ${said}`).join("; ");
  fill(result, h("div", { class: "problem" }, icon("alert"), h("p", {}, h("b", {}, text))));
  announce(text);
  const [first] = wrong;
  const fold = first?.element.closest("details");
  if (fold) fold.open = true;
  first?.focus();
}

/** @param {Field[]} fields */
function countOf(fields) {
  const marks = fields.map(({ element }) => element.dataset.mark);
  /** @param {string} mark */
  const number = (mark) => marks.filter((one) => one === mark).length;
  const left = number("unread") + number("part");
  const text = say(left ? "desk.form.count_left" : "desk.form.count", { read: number("read"), left });
  return [icon(left ? "alert" : "check"), h("span", {}, text)];
}

/** Fields that the world sees, then those that are sealed; empty optional ones folded away. @param {Field[]} fields */
function groups(fields) {
  return [true, false].map((isPublic) => {
    const own = fields.filter(({ spec }) => spec.public === isPublic);
    const isFolded = (/** @type {Field} */ { element }) => element.dataset.mark === "optional";
    const folded = own.filter(isFolded);
    return own.length > 0 && h("fieldset", { class: isPublic ? "open" : "shut" },
      h("legend", {}, icon(isPublic ? "eye" : "lock"), say(isPublic ? "desk.form.open_group" : "desk.form.shut_group")),
      h("p", { class: "soft" }, say(isPublic ? "desk.form.open_text" : "desk.form.shut_text")),
      h("div", { class: "entries" }, ...own.filter((field) => !isFolded(field)).map(({ element }) => element)),
      folded.length > 0 && h("details", {}, h("summary", {}, h("b", {}, say("desk.form.more", { n: folded.length }))),
        h("div", { class: "entries" }, ...folded.map(({ element }) => element))));
  });
}
