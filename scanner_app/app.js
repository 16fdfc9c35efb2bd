// @ts-check
/**
 * Checks the page on the visitor's own device: fetches the proof, asks a node, runs the numbered
 * protocol, and says what came out. The server's words stay only where they have been confirmed.
 */
import { fetchFacts } from "./chain.js";
import { authenticity } from "./protocol.js";
import { verifyBundle } from "./verify.js";
import { say, sayAge, sayCheck } from "./words.js";

/**
 * @typedef {import("./verify.js").Check} Check
 * @typedef {import("./verify.js").Bundle} Bundle
 */

const root = document.documentElement;
const script = /** @type {HTMLScriptElement} */ (document.getElementById("app"));
const { bundle: bundleUrl = "", node = "", finality = "", lot = "", before = "" } = script.dataset;
const { records = "", verdict: served = "", beforeText = "" } = script.dataset;

/** Longest wait for the proof or for one answer of a node; beyond it a shop's network is "down". */
const PATIENCE_MS = 15_000;

/** Step 8 says whether the product is good to use; all others, whether the page is genuine. */
const STATUS_STEP = 8;

/** Steps before it fail when what they rest on is damaged: a cause is named, not its consequence. */
const FIRST_CAUSE = 3;

/** Lines shown under one step; a page with thousands of damaged rows must stay readable. */
const MAX_LINES = 12;

/** @type {Record<string, string>} */
const ICONS = JSON.parse(script.dataset.icons ?? "{}");

/** @type {Record<string, string>} */
const TONES = { VALID: "good", INVALID: "stop", ERROR: "warn", SKIPPED: "plain" };

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * Show a verdict in the block at the top.
 *
 * @param {string} verdict
 * @param {string} verified
 * @param {{ text?: string, todo?: string, proof: string, also?: string }} words
 */
function show(verdict, verified, words) {
  element("v-title").textContent = say(`verdict.${verdict}.title`);
  if (words.text) element("v-text").textContent = words.text;
  if (words.todo) element("v-todo").textContent = words.todo;
  element("v-proof").textContent = words.proof;
  const also = element("v-also"); // what the server wrote there stays true whatever is found
  if (words.also && !also.textContent) also.textContent = words.also;
  also.hidden = !also.textContent;
  element("v-icon").setAttribute("d", ICONS[verdict] ?? "");
  root.dataset.verdict = verdict;
  root.dataset.verified = verified;
}

/**
 * The steps of the protocol with what each of them found.
 *
 * @param {Check[]} checks
 */
function showSteps(checks) {
  const list = element("t-steps");
  for (const item of /** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll("li"))) {
    const found = checks.filter((check) => String(check.step) === item.dataset.step);
    const order = ["INVALID", "ERROR", "VALID", "SKIPPED"];
    const status = order.find((one) => found.some((check) => check.status === one)) ?? "SKIPPED";
    item.dataset.status = status;
    const tag = /** @type {HTMLElement} */ (item.querySelector(".tag"));
    const isWarning = item.dataset.step === String(STATUS_STEP) && status === "INVALID";
    tag.textContent = say(isWarning ? "status.WARNING" : `status.${status}`);
    tag.className = `tag ${TONES[status]}`;
    for (const line of item.querySelectorAll(".l")) line.remove();
    const worst = found.filter((check) => check.status === status);
    const others = found.filter((check) => check.status !== status && check.status !== "VALID");
    for (const check of [...worst, ...others].slice(0, MAX_LINES)) {
      const line = document.createElement("p");
      line.className = "l";
      line.textContent = sayCheck(check);
      item.append(line);
    }
  }
  element("t-intro").textContent = say("technical.intro");
}

/**
 * What the batch's own, checked rows demand, whatever the server's page says. It can only make
 * the server's verdict worse.
 *
 * @param {Bundle} bundle
 * @param {Check | undefined} objected the clearance's check, where customs or papers object
 */
function worstOf(bundle, objected) {
  const { recalled = false, holds = 0 } = bundle?.batch ?? {}; // it may be anything
  if (recalled) return "RECALLED";
  if (served === "NOT_ISSUED") return served;
  if (objected) return "NOT_VERIFIED";
  if (holds > 0) return "ON_HOLD";
  const isPast = before !== "" && Date.now() >= Date.parse(`${before}T00:00:00Z`) + 86_400_000;
  return isPast ? "EXPIRED" : served;
}

/** @param {string} verdict */
const isGood = (verdict) => verdict === "OK" || verdict === "OK_WITH_NOTE";

/** @param {string} path */
const memory = (path) => `tracer:checked:${path}`;

/** How long ago this device last checked this tin; it is remembered here and nowhere else. */
function lastCheck() {
  try {
    const then = Number(localStorage.getItem(memory(location.pathname)));
    return then ? sayAge(Math.floor(Date.now() / 1000) - then) : say("verified.never");
  } catch {
    return say("verified.never");
  }
}

function rememberCheck() {
  try {
    localStorage.setItem(memory(location.pathname), String(Math.floor(Date.now() / 1000)));
  } catch {
    // Storage may be switched off; then the page cannot say when it last checked.
  }
}

const clock = () =>
  new Date().toLocaleTimeString(root.lang, { hour: "2-digit", minute: "2-digit" });

/** @param {string} reason */
function couldNotCheck(reason) {
  const proof = say("verified.ERROR", { reason, last: lastCheck() });
  const verdict = isGood(served) ? "COULD_NOT_CHECK" : served;
  show(verdict, "ERROR", { ...words(verdict), proof });
}

/**
 * The words of a verdict: the server's own where it is the one that the server meant.
 *
 * @param {string} verdict
 * @param {string} [what]
 */
function words(verdict, what = "") {
  if (verdict === served) return { text: script.dataset.text, todo: script.dataset.todo };
  const values = { lot, what, best_before: beforeText };
  return { text: say(`verdict.${verdict}.text`, values), todo: say(`verdict.${verdict}.todo`, values) };
}

/**
 * @param {Bundle} bundle
 * @param {Check[]} checks
 * @param {string} silence why the node said nothing, or ""
 */
function conclude(bundle, checks, silence) {
  showSteps(checks);
  const outcome = authenticity(checks);
  const objected = checks.find(({ name, status }) => name === "clearance" && status === "INVALID");
  const verdict = worstOf(bundle, objected);
  const found = checks.filter((check) => check.step !== STATUS_STEP && check.status === outcome);
  const culprit = found.find((check) => check.step >= FIRST_CAUSE) ?? found[0];
  const what = culprit ? sayCheck(culprit) : "";
  if (outcome === "INVALID" && served !== "NOT_ISSUED") {
    const also = isGood(verdict) ? "" : say(`verdict.${verdict}.title`);
    show("NOT_VERIFIED", outcome, {
      ...words("NOT_VERIFIED", what),
      proof: say("verified.INVALID", { time: clock() }),
      also: also && say("verified.also", { what: also }),
    });
  } else if (outcome === "ERROR") {
    couldNotCheck(silence || what);
  } else {
    rememberCheck();
    show(verdict, outcome, {
      ...words(verdict, objected && sayCheck(objected)),
      proof: say("verified.VALID", { node: host(), time: clock(), records }),
    });
  }
}

/** The node's name as people know it. */
const host = () => new URL(node).host;

/** @returns {Promise<Bundle>} */
async function fetchBundle() {
  const response = await fetch(bundleUrl, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.json();
}

async function main() {
  root.classList.remove("no-js");
  element("v-todo").textContent = say("verdict.UNCHECKED.todo");
  if (!globalThis.crypto?.subtle) return couldNotCheck(say("verified.reason.browser"));
  let bundle;
  try {
    bundle = await fetchBundle();
  } catch {
    return couldNotCheck(say(navigator.onLine ? "verified.reason.bundle" : "verified.reason.offline"));
  }
  let facts = null;
  let nodeError = "";
  try {
    if (!node) throw new Error("this server names no node to ask");
    facts = await fetchFacts(node, bundle, { finality });
  } catch (error) {
    nodeError = error instanceof Error ? error.message : String(error);
  }
  const silence = nodeError && say(node ? "verified.reason.node" : "verified.reason.no_node", {
    node: node && host(),
  });
  const asOfUnix = Math.floor(Date.now() / 1000);
  const options = { nodeError, asOfUnix, link: location.href };
  conclude(bundle, await verifyBundle(bundle, facts, options), silence);
}

// Whatever goes wrong here says nothing against the tin.
main().catch(() => couldNotCheck(say("verified.reason.bundle")));
