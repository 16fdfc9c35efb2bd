// @ts-check
/** What every view of the desk works with, and how it says that something went wrong. */
import { DeskError, OfflineError } from "./api.js";
import { announce, h, icon } from "./dom.js";
import { WalletError } from "./wallet.js";
import { messages } from "../messages.js";
import { say, sayCode } from "../words.js";

/**
 * @typedef {import("./form-rules.js").Spec} Spec
 * @typedef {{ type: string, nameEn: string, nameZh: string, issuerRoles: string[],
 *   neededFor: string[], fixed: Spec[], fields: Spec[] }} PaperType
 * @typedef {{ gtin: string, lot: string }} BatchName
 * @typedef {{ language: string, chainId: number, contract: string, scanUrl: string,
 *   types: Map<string, PaperType>, session: import("./api.js").Session,
 *   main: HTMLElement, go: (hash: string, file?: File) => void, signal: AbortSignal }} App
 *   `signal` ends with the view: what still runs for it then stops
 */

const REFUSED = /^the file is refused: (?<reason>.*) \([\w-]+\)$/;

/** @param {string} language @param {{ labelEn: string, labelZh: string }} spec */
export const labelOf = (language, { labelEn, labelZh }) => (language === "zh" ? labelZh : labelEn);

/** Name of a type of paper. @param {string} type */
export const typeName = (type) => sayCode("doctype", type);

/** @param {BatchName} batch */
export const batchHash = ({ gtin, lot }) => `#/01/${gtin}/10/${encodeURIComponent(lot)}`;

/** @param {BatchName} batch @param {string} type @param {string} id */
export const paperHash = (batch, type, id) => `${batchHash(batch)}/${type}/${id}`;

const CODES = /\b(?:document )?([A-Z]+(?:_[A-Z]+)+)\b/g;

/** A reason that names papers and records by their codes, with the names that people know. @param {string} text */
export const sayNames = (text) => text.replace(CODES, (whole, code) =>
  messages[`doctype.${code}`] ?? messages[`kind.${code}`] ?? whole);

/** The role of a party in words; a role without words stands as it is. @param {string} role */
export const roleName = (role) => sayCode("desk.role", role);

/**
 * What happened and what to do next.
 *
 * @param {unknown} error
 * @param {string} language
 * @returns {{ what: string, next: string }}
 */
export function explain(error, language) {
  if (error instanceof OfflineError) return { what: say("desk.error.offline"), next: say("desk.error.offline.next") };
  if (error instanceof WalletError) {
    return { what: say(error.key, { detail: error.detail }), next: say(`${error.key}.next`) };
  }
  if (!(error instanceof DeskError)) {
    return { what: error instanceof Error ? error.message : String(error), next: say("desk.error.bug.next") };
  }
  const key = `desk.error.${error.code}`;
  const reason = REFUSED.exec(error.message)?.groups?.reason;
  if (reason) { // the gate's own sentence; in Chinese it is the hint
    return { what: say(key, { reason: language === "zh" ? error.hint : reason }), next: say(`${key}.next`) };
  }
  if (language === "en" || !(key in messages)) { // the desk's own words name the very thing
    const what = error.message.charAt(0).toUpperCase() + error.message.slice(1);
    return { what, next: error.hint || (`${key}.next` in messages ? say(`${key}.next`) : "") };
  }
  return { what: say(key), next: say(`${key}.next`) };
}

/** Show an error where it happened, and say it. @param {Element} where @param {unknown} error @param {string} language */
export function showError(where, error, language) {
  if (error instanceof DeskError && error.isSessionOver) {
    dispatchEvent(new Event("desk:session-over")); // the draft is kept; signing in goes on from it
    return;
  }
  showProblem(where, error, language);
}

/** The same for whoever is not signed in. @param {Element} where @param {unknown} error @param {string} language */
export function showProblem(where, error, language) {
  const { what, next } = explain(error, language);
  where.replaceChildren(h("div", { class: "problem", role: "alert" },
    icon("alert"), h("p", {}, h("b", {}, what), next && h("span", {}, next))));
  announce("");
}

/** A page's first lines. @param {string} title @param {...import("./dom.js").Child} more */
export function heading(title, ...more) {
  document.title = `${title} · ${say("desk.title")}`;
  return h("div", { class: "head" }, h("h1", { tabindex: "-1" }, title), ...more);
}

/** A button that works once at a time; an error goes where it belongs. @param {string} text @param {() => Promise<void>} work @param {(error: unknown) => void} onError @param {string} [look] */
export function button(text, work, onError, look = "") {
  const element = h("button", { type: "button", class: look }, text);
  element.addEventListener("click", () => busy(element, work, onError));
  return element;
}

/** @param {HTMLButtonElement} element @param {() => Promise<void>} work @param {(error: unknown) => void} onError */
export async function busy(element, work, onError) {
  if (element.getAttribute("aria-disabled") === "true") return;
  element.setAttribute("aria-disabled", "true"); // not `disabled`, which would lose the focus
  try {
    await work();
  } catch (error) {
    onError(error);
  } finally {
    element.removeAttribute("aria-disabled");
  }
}

/** Text to take elsewhere, with a button that copies it. @param {string} text @param {string} label */
export function copyable(text, label) {
  const box = h("pre", { class: "copy", tabindex: "0", "aria-label": label }, text);
  const copy = button(say("desk.copy"), async () => {
    getSelection()?.selectAllChildren(box); // where the clipboard is closed, the person can still copy
    await navigator.clipboard.writeText(text);
    announce(say("desk.copied"));
  }, () => announce(say("desk.copy.by_hand")), "quiet");
  return h("div", { class: "copyable" }, box, copy);
}
