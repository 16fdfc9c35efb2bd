// @ts-check
/**
 * What the page shows of checks. The server's words stay only where the device has confirmed them.
 * Both of the page's scripts use this module; whatever the second must know of the first stands in
 * the document.
 */
import { USE_STEPS, authenticity } from "./protocol.js";
import { say, sayAge } from "./say.js";

/**
 * @typedef {import("./steps.js").Check} Check
 * @typedef {HTMLElement & { early?: [Promise<Response>, Promise<Response> | undefined | ""] }} App
 *   the element that names the script and all that it needs to know, with answers on their way
 */

export const root = document.documentElement;
export const app = /** @type {App} */ (document.getElementById("app"));
const { node = "", lot = "", records = "", verdict: served = "", beforeText = "" } = app.dataset;

/** Longest wait for a proof; beyond it a shop's network is "down". */
const PATIENCE_MS = 15_000;

/** Steps before it fail when what they rest on is damaged: a cause is named, not its consequence. */
const FIRST_CAUSE = 3;

/** Of several outcomes in one step, which one stands for it. */
const ORDER = ["INVALID", "ERROR", "VALID", "SKIPPED"];

/** @type {Record<string, string>} */
const TONES = { VALID: "good", INVALID: "stop", ERROR: "warn" };

/** @param {string} id */
export const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {string} id @param {string} text */
export const write = (id, text) => { element(id).textContent = text; };

/** @param {string} verdict */
const isGood = (verdict) => verdict.startsWith("OK");

export const nowUnix = () => Math.floor(Date.now() / 1000);

/**
 * Show a verdict in the block at the top. Its words are the server's own where it is the verdict
 * that the server meant.
 *
 * @param {string} verdict
 * @param {string} verified
 * @param {string} proof
 * @param {string} [what] what its text names
 * @param {string} [more] what is known besides; what the server wrote there stays true whatever is found
 */
function show(verdict, verified, proof, what = "", more = "") {
  /** @param {string} part */
  const said = (part) => (verdict === served ? app.dataset[part] ?? "" : say(`verdict.${verdict}.${part}`, { lot, what, best_before: beforeText }));
  for (const part of ["title", "text", "todo"]) write(`v-${part}`, said(part));
  write("v-proof", proof);
  const also = element("v-also");
  also.textContent ||= more;
  also.hidden = !also.textContent;
  element("v-icon").setAttribute("d", said("icon"));
  Object.assign(root.dataset, { verdict, verified });
}

/** Every step of the protocol as the page lists it, with what it found. @param {Check[]} checks @returns {{ item: HTMLElement, found: Check[], status: string }[]} */
export const stepsOf = (checks) => [...element("t-steps").children].map((child) => {
  const item = /** @type {HTMLElement} */ (child);
  const found = checks.filter((check) => String(check.step) === item.dataset.step);
  return { item, found, status: ORDER.find((one) => found.some((check) => check.status === one)) ?? "LATER" };
});

/** How each step ended; those that were not run yet say so. @param {Check[]} checks */
function showSteps(checks) {
  for (const { item, status } of stepsOf(checks)) {
    const isWarning = USE_STEPS.includes(Number(item.dataset.step)) && status === "INVALID";
    const tag = /** @type {HTMLElement} */ (item.querySelector(".tag"));
    const word = isWarning ? "WARNING" : status;
    tag.textContent = say(`status.${word}`);
    tag.className = `tag ${TONES[status] ?? "plain"}`;
    item.dataset.status = status;
    for (const line of item.querySelectorAll(".l")) line.remove();
  }
}

/** What the checks demand, whatever the server's page says. It can only make the server's verdict worse. @param {Check[]} checks */
function worstOf(checks) {
  /** @param {string} name */
  const failed = (name) => checks.find((check) => check.name === name && check.status === "INVALID");
  if (failed("recall")) return "RECALLED";
  if (served === "NOT_ISSUED") return served;
  if (failed("clearance")) return "NOT_VERIFIED";
  if (failed("hold")) return "ON_HOLD";
  if (failed("expiry")) return "EXPIRED";
  const copied = isGood(served) && failed("scan-history");
  if (!copied) return served;
  if (copied.key.endsWith("wrong-code")) return "NOT_VERIFIED"; // of a seal that is not the maker's
  return copied.key.endsWith("opened") ? "OPENED_BEFORE" : "SEEN_ELSEWHERE";
}

const memory = `tracer:checked:${location.pathname}`;

/** How long ago this device last checked this tin; it is remembered here and nowhere else. */
function lastCheck() {
  try {
    const then = Number(localStorage.getItem(memory));
    if (then) return sayAge(nowUnix() - then);
  } catch {
    // Storage may be switched off; then the page cannot say when it last checked.
  }
  return say("verified.never");
}

function rememberCheck() {
  try {
    localStorage.setItem(memory, String(nowUnix()));
  } catch {
    // As above.
  }
}

/** Say that it could not be checked, which says nothing against the tin. @param {string} reason @param {string} [worst] what is known all the same */
export const couldNotCheck = (reason, worst = served) =>
  show(isGood(worst) ? "COULD_NOT_CHECK" : worst, "ERROR", say("verified.ERROR", { reason, last: lastCheck() }));

/**
 * Draw the conclusion.
 *
 * @param {Check[]} checks
 * @param {boolean} isAsked whether a node answered
 * @param {(check: Check) => string} nameOf says what a check found
 * @param {string} [why] the reasons behind a verdict that no check gives in full
 */
export function conclude(checks, isAsked, nameOf, why = "") {
  showSteps(checks);
  const outcome = authenticity(checks);
  const verdict = worstOf(checks);
  const found = checks.filter((check) => !USE_STEPS.includes(check.step) && check.status === outcome);
  const culprit = found.find((check) => check.step >= FIRST_CAUSE) ?? found[0];
  const what = culprit ? nameOf(culprit) : "";
  const time = new Date().toLocaleTimeString(root.lang, { hour: "2-digit", minute: "2-digit" });
  const host = node && new URL(node).host;
  if (outcome === "ERROR") {
    couldNotCheck(isAsked ? what : say(node ? "verified.reason.node" : "verified.reason.no_node", { node: host }), verdict);
  } else if (outcome === "INVALID" && served !== "NOT_ISSUED") {
    const more = isGood(verdict) || verdict === "NOT_VERIFIED" ? "" : say("verified.also", { what: say(`verdict.${verdict}.title`) });
    show("NOT_VERIFIED", outcome, say("verified.INVALID", { time }), what, more);
  } else {
    rememberCheck();
    show(verdict, outcome, say(`verified.${outcome}`, { node: host, time, records }), why);
  }
  return outcome;
}

/** Say how far the papers have been checked. @param {string} state pending, checking, VALID, INVALID or ERROR */
export function showPapers(state) {
  root.dataset.papers = state === "checking" ? "pending" : state;
  write("v-papers", say(`papers.${state}`));
}

/** Fetch a proof, or take the answer that is on its way. @param {string} url @param {Promise<Response>} [sent] */
export async function fetchProof(url, sent = fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) })) {
  const response = await sent;
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.json();
}
