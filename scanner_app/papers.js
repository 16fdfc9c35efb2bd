// @ts-check
/**
 * The second check: the whole protocol on the complete proof, and the history of this code's
 * scans. It never makes better what the first check found.
 */
import { fetchFacts } from "./chain.js";
import { historyCheck, openingCode, reportOpening, reportScan } from "./history.js";
import { registerOffline } from "./offline.js";
import { app, conclude, fetchProof, nowUnix, showPapers, stepsOf, write } from "./page.js";
import { fetchRest } from "./rest.js";
import { offerShare, openForPrint } from "./share.js";
import { say, sayCheck } from "./words.js";

/**
 * @typedef {import("./steps.js").Check} Check
 */

const { bundle: bundleUrl = "", node = "", finality = "", tin = "" } = app.dataset;

/** Lines shown under one step; a page with thousands of damaged rows must stay readable. */
const MAX_LINES = 12;

/** What the scans of this code say; null on a batch's page. */
async function askHistory() {
  const [path, code] = [location.pathname, openingCode(location.hash)];
  if (!tin) return null;
  return code ? reportOpening({ path, code }) : reportScan({ path });
}

/** Under each step, what it found: why it ended so, and whatever else is not plainly valid. @param {Check[]} checks */
function showLines(checks) {
  for (const { item, found, status } of stepsOf(checks)) {
    const worst = found.filter((check) => check.status === status);
    const others = found.filter((check) => check.status !== status && check.status !== "VALID");
    for (const check of [...worst, ...others].slice(0, MAX_LINES)) {
      const line = document.createElement("p");
      line.className = "l";
      line.textContent = sayCheck(check);
      item.append(line);
    }
  }
}

/** The whole protocol, in a worker. @param {Parameters<typeof import("./verify.js").verifyBundle>} what @returns {Promise<Check[]>} */
const verifyAside = (...what) => new Promise((resolve, reject) => {
  const worker = new Worker(say("script.verifier"));
  worker.onmessage = ({ data }) => {
    worker.terminate();
    resolve(data);
  };
  worker.onerror = () => reject(new Error("the verifier does not run"));
  worker.postMessage(what);
});

/**
 * Check everything, and show it.
 *
 * @param {Check[]} first what the first check found
 */
export async function checkPapers(first) {
  offerShare();
  openForPrint();
  const rest = fetchRest().catch(() => undefined); // then the links stay
  const asked = askHistory();
  const bundle = await fetchProof(bundleUrl);
  let facts = null;
  let nodeError = "";
  try {
    if (!node) throw new Error("this server names no node to ask");
    facts = await fetchFacts(node, bundle, { finality });
  } catch (error) {
    nodeError = error instanceof Error ? error.message : String(error);
  }
  const found = await verifyAside(bundle, facts, { nodeError, asOfUnix: nowUnix(), link: location.href });
  const history = await asked;
  const scans = historyCheck(history);
  const kept = first.filter((one) => one.status === "INVALID"
    && !found.some(({ key, subject }) => one.key === key && one.subject === subject));
  const checks = [...kept, ...found.map((one) => (one.step === scans.step ? scans : one))];
  const objected = checks.find(({ name, status }) => name === "clearance" && status === "INVALID");
  const reasons = history?.reasons.map(({ key, params }) => say(key, params)).join(" ");
  write("t-intro", say("technical.intro"));
  showPapers(conclude(checks, !!facts, sayCheck, objected ? sayCheck(objected) : reasons));
  showLines(checks);
  await rest;
  registerOffline();
}
