// @ts-check
/**
 * Checks a proof that was saved earlier: the same numbered protocol as on a tin's page, on a file
 * that the reader chooses. The file is read here and sent nowhere; only the node is asked.
 */
import { fetchFacts } from "../chain.js";
import { keep } from "../offline.js";
import { USE_STEPS, authenticity } from "../protocol.js";
import { verifyBundle } from "../verify.js";
import { say, sayCheck } from "../words.js";

/**
 * @typedef {import("../steps.js").Check} Check
 * @typedef {import("../evidence.js").Bundle} Bundle
 */

const root = document.documentElement;

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

const { node = "", finality = "" } = element("check").dataset;
const input = /** @type {HTMLInputElement} */ (element("file"));
const code = /** @type {HTMLInputElement} */ (element("code"));

/** A batch with the longest history that the protocol allows has less (tracer/domain/json_form.py). */
const MAX_BYTES = 32 * 2 ** 20;

/** Lines under one step; a proof with thousands of damaged rows must stay readable. */
const MAX_LINES = 12;

const ORDER = /** @type {const} */ (["INVALID", "ERROR", "VALID", "SKIPPED"]);

/** @type {Record<string, string>} */
const TONES = { VALID: "good", INVALID: "stop", ERROR: "warn" };

/** Steps before it fail when what they rest on is damaged: a cause is named, not its consequence. */
const FIRST_CAUSE = 3;

/** Show what came out, above the steps. @param {string} state @param {Record<string, unknown>} [params] */
function tell(state, params = {}) {
  root.dataset.verified = state;
  element("c-title").textContent = say(`check.${state}.title`);
  element("c-text").textContent = say(`check.${state}.text`, params);
  element("result").hidden = false;
}

/** @param {Check[]} checks */
function showSteps(checks) {
  for (const item of /** @type {NodeListOf<HTMLElement>} */ (element("steps").querySelectorAll("li"))) {
    const step = Number(item.dataset.step);
    const found = checks.filter((check) => check.step === step);
    const status = ORDER.find((one) => found.some((check) => check.status === one)) ?? "SKIPPED";
    const isWarning = USE_STEPS.includes(step) && status === "INVALID";
    item.dataset.status = status;
    const tag = /** @type {HTMLElement} */ (item.querySelector(".tag"));
    tag.textContent = say(`status.${isWarning ? "WARNING" : status}`);
    tag.className = `tag ${TONES[status] ?? ""}`;
    for (const line of item.querySelectorAll("p")) line.remove();
    const worst = found.filter((check) => check.status === status);
    const others = found.filter((check) => check.status !== status && check.status !== "VALID");
    for (const check of [...worst, ...others].slice(0, MAX_LINES)) {
      const line = document.createElement("p");
      line.textContent = sayCheck(check);
      item.append(line);
    }
  }
}

/** What a good proof says about using the product. @param {Check[]} checks */
function useOf(checks) {
  const found = checks.filter((check) => USE_STEPS.includes(check.step) && check.status === "INVALID");
  return found.map(sayCheck).join(" ");
}

/** @param {Bundle} bundle @param {Check[]} checks */
function conclude({ batch }, checks) {
  showSteps(checks);
  const outcome = authenticity(checks);
  const culprits = checks.filter((check) => !USE_STEPS.includes(check.step) && check.status === outcome);
  const culprit = culprits.find((check) => check.step >= FIRST_CAUSE) ?? culprits[0];
  const what = culprit ? sayCheck(culprit) : "";
  const use = outcome === "INVALID" ? "" : useOf(checks);
  tell(outcome, { what, node: hostOf(node) });
  element("c-use").textContent = use;
  element("c-use").hidden = !use;
  element("c-batch").textContent = say("check.batch", { gtin: batch?.gtin, lot: batch?.lot });
  element("c-batch").hidden = !batch?.gtin;
}

/** @param {string} url */
const hostOf = (url) => (url ? new URL(url).host : "");

/** Ask the node; null and why not, when it says nothing. @param {Bundle} bundle */
async function ask(bundle) {
  try {
    if (!node) throw new Error(say("verified.reason.no_node"));
    return { facts: await fetchFacts(node, bundle, { finality }), nodeError: "" };
  } catch (error) {
    return { facts: null, nodeError: error instanceof Error ? error.message : String(error) };
  }
}

/** @param {File} file */
async function checkFile(file) {
  element("c-use").hidden = true;
  element("c-batch").hidden = true;
  element("c-file").textContent = file.name;
  root.dataset.verified = "pending";
  if (file.size > MAX_BYTES) return tell("no_proof");
  let bundle;
  try {
    bundle = JSON.parse(await file.text());
  } catch {
    return tell("no_proof");
  }
  if (!String(bundle?.format ?? "").startsWith("tracer-bundle/")) return tell("no_proof");
  if (!globalThis.crypto?.subtle) return tell("no_crypto");
  tell("pending");
  const { facts, nodeError } = await ask(bundle);
  const asOfUnix = Math.floor(Date.now() / 1000);
  conclude(bundle, await verifyBundle(bundle, facts, { nodeError, asOfUnix, link: code.value.trim() }));
}

/** @type {File | undefined} the file that was chosen last, so that a typed code checks it again */
let chosen;

/** @param {File | undefined} file */
function take(file) {
  chosen = file ?? chosen;
  const isCode = !code.value.trim() || code.value.includes("/01/");
  code.setCustomValidity(isCode ? "" : say("check.bad_code"));
  if (!code.reportValidity()) return;
  if (chosen) checkFile(chosen).catch(() => tell("no_proof"));
}

input.addEventListener("change", () => {
  take(input.files?.[0]);
  input.value = ""; // the same file may be chosen again after it was changed
});
code.addEventListener("change", () => take(undefined));
const zone = element("zone");
for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  zone.addEventListener(name, (event) => {
    event.preventDefault();
    zone.classList.toggle("over", name === "dragenter" || name === "dragover");
  });
}
zone.addEventListener("drop", (event) => take(event.dataTransfer?.files[0]));

root.classList.remove("no-js");
keep();
