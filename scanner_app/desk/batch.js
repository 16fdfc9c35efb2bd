// @ts-check
/** A batch: which papers it needs, where each of them stands, and what is missing. */
import { ask, query } from "./api.js";
import { readGtin, readLink, readLot } from "./batch-name.js";
import { batchHash, heading, paperHash, roleName, sayNames, typeName } from "./context.js";
import { dayText, fill, h, icon, tag } from "./dom.js";
import { acceptDrops } from "./drop.js";
import { messages } from "../messages.js";
import { say, sayCheck } from "../words.js";

/**
 * @typedef {import("./context.js").App} App
 * @typedef {import("./context.js").BatchName} BatchName
 * @typedef {"MISSING" | "UPLOADED" | "STATED" | "RECORDED" | "CONFIRMED" | "CONFLICT"} State
 * @typedef {{ key?: string, params?: Record<string, unknown>, text: string }} Reason
 * @typedef {{ type: string, needed: boolean, state: State, reasons: Reason[], documents: string[] }} Row
 * @typedef {{ id: string, type: string, state: State, number?: string, storedAt: number, mine?: boolean }} Paper
 * @typedef {{ tradeMode: string, papers: Row[], checks: import("../steps.js").Check[] }} Checklist
 */

/** Of a state; a declaration that only its broker vouches for is CLAIMED. @type {Record<State | "CLAIMED", "good" | "warn" | "stop" | "plain">} */
export const TONES = {
  MISSING: "plain", UPLOADED: "warn", STATED: "warn", RECORDED: "good", CLAIMED: "warn", CONFIRMED: "good",
  CONFLICT: "stop",
};

/** States in which the paper is on the ledger. */
export const ON_LEDGER = ["RECORDED", "CONFIRMED", "CONFLICT"];

/** The view in which a batch is chosen. @param {App} app */
export function showChooser(app) {
  const problem = h("p", { class: "wrong", id: "batch-problem", role: "alert" });
  const more = { autocomplete: "off", spellcheck: "false", "aria-describedby": "batch-problem" };
  const link = h("input", { id: "link", ...more, placeholder: "https://…/01/…/10/…" });
  const gtin = h("input", { id: "gtin", ...more, inputmode: "numeric" });
  const lot = h("input", { id: "lot", ...more });
  const onsubmit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const typed = { gtin: readGtin(gtin.value), lot: readLot(lot.value) };
    const isTyped = Boolean(typed.gtin && typed.lot);
    const found = link.value.trim() ? readLink(link.value) : isTyped ? typed : null;
    if (found) return app.go(batchHash(found));
    const [key, culprit] = link.value.trim() ? ["link", link] : typed.gtin ? ["lot", lot] : ["gtin", gtin];
    problem.textContent = say(`desk.batch.wrong_${key}`);
    return culprit.focus();
  };
  fill(app.main, heading(say("desk.batch.choose"), h("p", {}, say("desk.batch.choose.text"))),
    h("section", { class: "sheet" }, h("form", { onsubmit, class: "stacked", novalidate: true },
      h("div", { class: "pair" },
        h("div", {}, h("label", { for: "gtin" }, say("desk.batch.gtin")), gtin),
        h("div", {}, h("label", { for: "lot" }, say("desk.batch.lot")), lot)),
      h("p", { class: "or" }, say("desk.batch.or")),
      h("label", { for: "link" }, say("desk.batch.link")), link,
      problem, h("button", {}, say("desk.batch.open")))));
}

/** The view of one batch. @param {App} app @param {BatchName} batch */
export async function showBatch(app, batch) {
  const [list, { documents }] = await Promise.all([
    ask("GET", `/v1/checklist?${query({ ...batch })}`), ask("GET", `/v1/documents?${query({ ...batch })}`),
  ]);
  const { papers, checks = [] } = /** @type {Checklist} */ (list);
  const needed = papers.filter((row) => row.needed);
  const others = papers.filter((row) => !row.needed);
  const [present, absent] = [others.filter((row) => row.state !== "MISSING"), others.filter((row) => row.state === "MISSING")];
  const own = absent.filter((row) => mayIssue(app, row.type));
  /** @param {Row[]} rows */
  const rowsOf = (rows) => h("ul", { class: "todo-list" }, ...rows.map((row) => rowOf(app, batch, row, documents)));
  fill(app.main,
    heading(say("desk.batch.title", batch), h("p", { class: "mono" }, `GTIN ${batch.gtin}`)),
    h("section", { class: "sheet", id: "needed" }, h("h2", {}, say("desk.batch.needed")), summary(needed), rowsOf(needed),
      app.scanUrl && h("p", {}, h("a", { href: `${app.scanUrl}/01/${batch.gtin}/10/${encodeURIComponent(batch.lot)}` }, say("desk.batch.page")))),
    present.length > 0 && h("section", { class: "sheet" }, h("h2", {}, say("desk.batch.others")), rowsOf(present)),
    own.length > 0 && h("section", { class: "sheet" },
      h("details", {}, h("summary", {}, h("b", {}, say("desk.batch.more"))), rowsOf(own))),
    checksOf(checks, papers),
    h("p", {}, h("a", { href: "#/" }, say("desk.batch.another"))));
}

/** What is missing, in one sentence. @param {Row[]} needed */
function summary(needed) {
  const done = needed.filter(({ state }) => ON_LEDGER.includes(state));
  const missing = needed.filter(({ state }) => !ON_LEDGER.includes(state)).map(({ type }) => typeName(type));
  const text = missing.length
    ? say("desk.batch.missing", { done: done.length, all: needed.length, missing: missing.join(say("desk.comma")) })
    : say("desk.batch.complete", { all: needed.length });
  return h("p", { class: "headline", id: "summary" }, icon(missing.length ? "paper" : "check"), h("span", {}, text));
}

/** @param {App} app @param {string} type */
function mayIssue(app, type) {
  const roles = app.types.get(type)?.issuerRoles ?? [];
  return roles.some((role) => app.session.roles.includes(role));
}

/** @param {Reason} reason */
export const sayReason = ({ key = "", params, text }) => sayNames(key in messages ? say(key, params) : text);

/** One type of paper. @param {App} app @param {BatchName} batch @param {Row} row @param {Paper[]} documents */
function rowOf(app, batch, row, documents) {
  const { type, state, reasons = [] } = row;
  const own = documents.filter((paper) => paper.type === type);
  const isOpen = mayIssue(app, type);
  const claimed = type === "CUSTOMS_DECLARATION" && state === "RECORDED" ? "CLAIMED" : state;
  const name = typeName(type);
  const roles = (app.types.get(type)?.issuerRoles ?? []).map(roleName).join(say("desk.comma"));
  const item = h("li", { "data-type": type, "data-state": state },
    icon("paper"),
    h("b", {}, name), tag(TONES[claimed], say(`desk.state.${claimed}`)),
    h("div", {}, ...reasons.map((reason) => h("p", { class: "bad" }, sayReason(reason))),
      ...own.map((paper) => paperLine(batch, paper)),
      !isOpen && state === "MISSING" && h("p", { class: "soft" }, say("desk.batch.from", { roles }))),
    isOpen && h("a", { class: "button quiet", href: paperHash(batch, type, "new"), "aria-label": say("desk.batch.add_named", { name }) },
      icon("upload"), say("desk.batch.add")));
  if (isOpen) acceptDrops(item, (file) => app.go(paperHash(batch, type, "new"), file));
  return item;
}

/** A paper at the desk, with the way to it. @param {BatchName} batch @param {Paper} paper */
function paperLine(batch, { id, type, state, number = "", storedAt }) {
  const key = state === "UPLOADED" ? "desk.batch.continue" : state === "STATED" ? "desk.batch.send" : "desk.batch.look";
  return h("p", { class: "l" },
    h("a", { href: paperHash(batch, type, id) }, say(key)),
    ` · ${number ? say("paper.number", { number }) : say("desk.batch.stored", { when: dayText(storedAt) })}`);
}

/** Cross checks that found something and stand at no paper. @param {import("../steps.js").Check[]} checks @param {Row[]} papers */
function checksOf(checks, papers) {
  const said = new Set(papers.flatMap(({ reasons = [] }) => reasons.map(({ key, params }) => JSON.stringify([key, params]))));
  const bad = checks.filter(({ status, key, params }) =>
    (status === "INVALID" || status === "ERROR") && !said.has(JSON.stringify([key, params])));
  return bad.length > 0 && h("section", { class: "sheet", id: "checks" }, h("h2", {}, say("desk.batch.checks")),
    h("ul", { class: "rows" }, ...bad.map((check) => h("li", {}, h("span", { class: "bad" }, sayNames(sayCheck(check)))))));
}
