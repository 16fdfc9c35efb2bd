// @ts-check
/**
 * Counts this scan, and asks what was counted of the code before (step 9 of the protocol).
 *
 * Sent are the tin's path, the browser's time zone, and whether this device has scanned the code
 * before; the server keeps day, coarse region and a count. Which codes this device has scanned is
 * remembered here and nowhere else, so that a family at home is not taken for many.
 */
import { stepOf } from "./steps.js";

/**
 * @typedef {{ key: string, params: Record<string, string | number>, english: string }} Reason
 * @typedef {{ scans: number, devices: number, since: string | null, moreRegions: number,
 *   regions: { region: string, scans: number }[], opened: string | null }} Counted
 * @typedef {{ state: string, score: number, verdict: string | null, reasons: Reason[],
 *   region: string, history: Counted | null, outcome?: string, since?: string | null }} Answer
 *   `verdict` replaces a good verdict; null leaves it. `state` UNKNOWN says nothing at all.
 */

/** Longest wait; the page has its verdict already, and this may only add to it. */
const PATIENCE_MS = 8_000;

/** Codes that are remembered; a household opens fewer tins in a year. */
const MAX_REMEMBERED = 60;

const SCANNED = "tracer:scanned";
const OPENED = "tracer:opened";

const scans = stepOf(9, "scan-history");

/** What is said when nothing is known. @type {Answer} */
const UNKNOWN = {
  state: "UNKNOWN",
  score: 0,
  verdict: null,
  reasons: [{ key: "clone.unknown", params: {}, english: "" }],
  region: "",
  history: null,
  outcome: "UNKNOWN",
  since: null,
};

/** Codes that this device has scanned, the newest last. @param {string} memory @returns {string[]} */
function remembered(memory) {
  try {
    const list = JSON.parse(localStorage.getItem(memory) ?? "[]");
    return Array.isArray(list) ? list.filter((item) => typeof item === "string") : [];
  } catch {
    return []; // switched off, full, or written by somebody else
  }
}

/** @param {string} memory @param {string} path */
function remember(memory, path) {
  const others = remembered(memory).filter((item) => item !== path);
  try {
    localStorage.setItem(memory, JSON.stringify([...others, path].slice(-MAX_REMEMBERED)));
  } catch {
    // Then this device counts as a new one each time; the counts allow for such devices.
  }
}

/** The IANA time zone that the browser names, or "". */
function timeZone() {
  try {
    return Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  } catch {
    return "";
  }
}

/**
 * @param {string} where
 * @param {string} memory
 * @param {{ path: string, again?: boolean, code?: string }} what
 * @returns {Promise<Answer>}
 */
async function report(where, memory, { path, again = remembered(memory).includes(path), code }) {
  const zone = timeZone();
  try {
    const response = await fetch(where, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ path, ...(code && { code }), ...(zone && { zone }), again }),
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const answer = response.ok ? await response.json() : UNKNOWN;
    const isCounted = answer.history !== null && typeof answer.history === "object";
    if (isCounted) remember(memory, path);
    return typeof answer.state === "string" && Array.isArray(answer.reasons) ? answer : UNKNOWN;
  } catch {
    return UNKNOWN;
  }
}

/**
 * Count a scan of the code on the outside. Never fails: what is not known is UNKNOWN.
 *
 * @param {{ path: string, again?: boolean, server?: string }} scan the tin's path; whether this
 *   device has scanned it before, else what it remembers; the server's origin, else the page's own
 */
export const reportScan = ({ path, again, server = "" }) =>
  report(`${server}/v1/scans`, SCANNED, { path, again });

/**
 * Try the code under the seal. Never fails. `outcome` is FIRST, AGAIN, WRONG, NO_CODES, TOO_MANY
 * or UNKNOWN, and `since` the day of the first use.
 *
 * @param {{ path: string, code: string, again?: boolean, server?: string }} opening as above
 */
export const reportOpening = ({ path, code, again, server = "" }) =>
  report(`${server}/v1/openings`, OPENED, { path, code, again });

/** The code in an address's fragment `#open=CODE`, or "". @param {string} hash */
export const openingCode = (hash) =>
  /^#open=([A-Z2-7]{16})$/.exec(hash.toUpperCase().replace("#OPEN=", "#open="))?.[1] ?? "";

/**
 * Step 9 of the protocol (twin of tracer/domain/verify_history.py), in the words of the answer's
 * first reason where it raises no alarm. INVALID means "be careful": like step 8 it says nothing
 * against the records, so it is no part of `authenticity`.
 *
 * @param {Answer | null} answer null when nobody was asked
 */
export function historyCheck(answer) {
  if (answer === null) return scans.skipped("none");
  const { key, params } = answer.reasons[0] ?? { key: "unknown", params: {} };
  if (answer.outcome === "WRONG") return scans.invalid(key, "", params);
  if (answer.state === "SEEN_ELSEWHERE") return scans.invalid("elsewhere");
  if (answer.state === "OPENED_BEFORE") return scans.invalid("opened");
  const isKnown = answer.state === "FIRST" || answer.state === "SEEN_BEFORE_HERE";
  return isKnown ? scans.valid(key, "", params) : scans.skipped(key, "", params);
}
