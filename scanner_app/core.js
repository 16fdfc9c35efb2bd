// @ts-check
/**
 * The first check, on the visitor's own device: what proves that the records are genuine and
 * complete and that nobody recalled the batch. Papers and test values are the second check's
 * (papers.js), which starts at once on a good connection and else when the reader reads on.
 */
import { verifyCore } from "./core-check.js";
import { fetchCoreFacts } from "./core-facts.js";
import { messages } from "./messages.js";
import { app, conclude, couldNotCheck, element, fetchProof, nowUnix, root, showPapers } from "./page.js";
import { say } from "./say.js";
import { readTin } from "./tin.js";

/**
 * @typedef {import("./steps.js").Check} Check
 */

const { core: coreUrl = "", node: nodeUrl = "", finality = "", before = "", ask: asked = "", tin = "", more = "" } = app.dataset;

/** From sending the page's request to its first byte; a connection that takes longer is a weak one. */
const WEAK_MS = 300;

/** What a reader does who reads on. */
const SIGNS = ["scroll", "pointerdown", "keydown", "click"];

/** Whether papers should wait until they are wanted. */
function isWeak() {
  const { connection } = /** @type {Navigator & { connection?: { saveData: boolean, effectiveType: string } }} */ (navigator);
  if (connection) return connection.saveData || connection.effectiveType !== "4g";
  const [visit] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  return visit?.responseStart - visit?.requestStart > WEAK_MS;
}

/** Why a proof did not arrive. */
const missing = () => say(navigator.onLine ? "verified.reason.bundle" : "verified.reason.offline");

/** Start the second check, once: now, or when the reader reads on. @param {Check[]} first what the first found @param {boolean} isUrgent */
function checkPapers(first, isUrgent) {
  const start = async () => {
    for (const sign of SIGNS) removeEventListener(sign, start);
    showPapers("checking");
    try {
      const papers = await import(more);
      await papers.checkPapers(first);
    } catch {
      // A server that keeps papers back must not keep a good verdict by that.
      if (root.dataset.verified !== "INVALID") couldNotCheck(missing(), root.dataset.verdict);
      showPapers("ERROR");
    }
  };
  if (isUrgent || !isWeak()) return start();
  showPapers("pending");
  const button = document.createElement("button");
  button.textContent = say("papers.check");
  element("v-papers").append(" ", button);
  for (const sign of SIGNS) addEventListener(sign, start, { passive: true });
}

/** What a check found, or the title of its step where this script has no words for it. @param {Check} check */
const nameOf = ({ key, params, step }) =>
  key in messages ? say(key, params) : element("t-steps").querySelector(`[data-step="${step}"] span`)?.textContent ?? key;

/** The first check. Which key signed is the second's to find out, where it must be known. @returns {Promise<[Check[], boolean]>} what it found, and whether the second must follow at once */
async function checkCore() {
  const core = await fetchProof(coreUrl, app.early?.[0]);
  const facts = nodeUrl ? await fetchCoreFacts(nodeUrl, core, { finality, asked, early: app.early?.[1] || null }).catch(() => null) : null;
  const checks = await verifyCore(core, readTin(tin), facts, { asOfUnix: nowUnix(), link: location.href, before });
  const failures = checks.filter(({ status }) => status === "INVALID" || status === "ERROR");
  const isOpen = failures.length > 0 && failures.every(({ key }) => key === "keys.unknown");
  return [checks, isOpen || conclude(checks, !!facts, nameOf) === "INVALID"];
}

async function main() {
  root.classList.remove("no-js");
  if (root.dataset.verified === "pending") element("v-todo").textContent = say("verdict.UNCHECKED.todo");
  if (!globalThis.crypto?.subtle) {
    showPapers("ERROR");
    return couldNotCheck(say("verified.reason.browser"));
  }
  checkPapers(...await checkCore().catch(() => {
    couldNotCheck(missing()); // whatever goes wrong here says nothing against the tin
    return /** @type {[Check[], boolean]} */ ([[], false]);
  }));
}

main();
