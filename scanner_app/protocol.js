// @ts-check
/**
 * The steps of the protocol that need no paper and no log: the code, the tin, the fold, the
 * standing of writers, and the use. The page's first check (core-check.js) and the whole one (verify.js) both
 * run these functions, so that they cannot disagree.
 */
import { areNames, batchId, fold, genesisHead, utf8 } from "./hashes.js";
import { verifyInclusion } from "./inclusion.js";
import { dayUnix, differingShared, stepOf } from "./steps.js";

/**
 * @typedef {import("./steps.js").Check} Check
 * @typedef {import("./evidence.js").Bundle} Bundle
 * @typedef {import("./evidence.js").TinRow} TinRow
 * @typedef {import("./node.js").PartyFacts} PartyFacts
 * @typedef {{ gtin: string, lot: string, serial: string }} Link
 * @typedef {import("./hashes.js").Append} Append
 */

export const BATCH_ROW = "batch row";
export const STATUS_STEP = 8;

/** Steps that say whether the tin is good to use, not whether what is shown is genuine. */
export const USE_STEPS = [STATUS_STEP, 9];
const DAY_S = 86_400;

/** Records of 44 bytes: kind, time, place and digest. A trailing part of one is left out. */
const WHOLE_RECORDS = /.{88}/g;
const SERIALS = "29";
const DIGEST_AT = 24;

const BANNED = 3;
const SUSPENDED = 2;
const ACTIVE = 1;

/** What a Digital Link names; null when it names nothing. @param {string} uri @returns {Link | null} */
export function parseLink(uri) {
  const path = /\/01\/(\d{8,14})(?:\/22\/[^/?#]+)?(?:\/10\/([^/?#]+))?(?:\/21\/([^/?#]+))?\/?(?:[?#]|$)/.exec(uri);
  if (!path) return null;
  try {
    const [lot, serial] = [path[2], path[3]].map((text) => decodeURIComponent(text ?? ""));
    return { gtin: path[1].padStart(14, "0"), lot, serial };
  } catch {
    return null; // an escape that is none
  }
}

/** (1) The code names this batch, and the batch id is the hash of GTIN and lot. @param {{ batch: { gtin: string, lot: string, batchId: string } }} shown @param {Link | null} link */
export async function verifyLink({ batch }, link) {
  const [names, id] = [stepOf(1, "digital-link"), stepOf(1, "batch-id")];
  const { gtin, lot } = batch;
  if (!areNames(gtin, lot)) return [names.invalid("malformed", BATCH_ROW)];
  let named = names.valid("ok", "", { gtin, lot });
  if (!link) named = names.skipped("none");
  else if (link.gtin !== gtin) named = names.invalid("gtin", BATCH_ROW, { scanned: link.gtin, shown: gtin });
  else if (link.lot && link.lot !== lot) named = names.invalid("lot", BATCH_ROW, { scanned: link.lot, shown: lot });
  const isSame = (await batchId(gtin, lot)) === batch.batchId;
  return [named, isSame ? id.valid("ok") : id.invalid("wrong", BATCH_ROW)];
}

/** Every root of a tree of serials that the batch's records hold. @param {{ records: string }[]} appends */
export const rootsOf = (appends) => appends.flatMap(({ records }) => (
  (records.match(WHOLE_RECORDS) ?? []).filter((record) => record.startsWith(SERIALS)).map((record) => record.slice(DIGEST_AT))
));

/** (2) The tin's serial is under the batch's serial root. @param {TinRow | null} tin @param {{ records: string }[]} appends @param {Link | null} link */
export async function verifyIssued(tin, appends, link) {
  const issued = stepOf(2, "tin-issued");
  const scanned = link?.serial ?? "";
  if (!tin && scanned) return issued.invalid("absent", `tin ${scanned}`, { serial: scanned });
  if (!tin) return issued.skipped("none");
  const { serial, index, size, proof, root } = tin;
  const subject = `tin ${serial}`;
  if (scanned && scanned !== serial) return issued.invalid("other", subject, { scanned, shown: serial });
  if (!rootsOf(appends).includes(root)) return issued.invalid("root", subject);
  const isProven = await verifyInclusion(utf8(serial), index, size, proof, root);
  return isProven ? issued.valid("ok", "", { serial }) : issued.invalid("proof", subject, { serial });
}

/** The heads that the appends fold to, from the one without records; each from the head that is shown before it. @param {{ chain: Pick<Bundle["chain"], "chainId" | "contract">, batch: { batchId: string }, appends: Append[] }} shown */
export async function headsOf({ chain, batch, appends }) {
  const heads = [await genesisHead(chain.chainId, chain.contract, batch.batchId)];
  for (const [at, append] of appends.entries()) heads.push(await fold(appends[at - 1]?.head ?? heads[at], append));
  return heads;
}

/** (3) The records refold to the head. A core shows no heads but the last. @param {Append[]} appends @param {string[]} heads of `headsOf` @param {string} shown the batch's */
export function verifyHeads(appends, heads, shown) {
  const step = stepOf(3, "records-fold");
  const broken = appends.filter(({ head }, at) => head !== undefined && head !== heads[at + 1]) // each damaged append once
    .map(({ sequence }) => step.invalid("append", `append ${sequence}`));
  if ((appends.at(-1)?.head ?? heads.at(-1)) !== shown) broken.push(step.invalid("batch", BATCH_ROW));
  return step.conclude(broken, { count: appends.flatMap(({ records }) => records.match(WHOLE_RECORDS) ?? []).length });
}

/** (4) The node serves the chain that is shown, by the columns that it was asked about. @param {object} chain @param {object} node */
export function verifyChain(chain, node) {
  const step = stepOf(4, "same-chain");
  const columns = differingShared(chain, node, "chainId genesisHash deployBlock");
  return columns ? step.invalid("differs", "chain row", { columns }) : step.valid("ok");
}

/** (4) Nothing that the node says about the batch can be taken back. @param {{ blockNumber: number, final: boolean }} node */
export function verifyFinal({ blockNumber: block, final }) {
  const step = stepOf(4, "final");
  return final ? step.valid("ok", "", { block }) : step.error("pending", "", { block });
}

/** (6) No writer is banned or suspended now. @param {string[]} writers @param {Record<string, PartyFacts>} facts */
export function verifyStanding(writers, facts) {
  const step = stepOf(6, "standing");
  return step.conclude(writers.flatMap((gln) => {
    const [status, subject] = [facts[gln]?.status ?? ACTIVE, `party ${gln}`];
    if (status === BANNED) return [step.invalid("banned", subject)];
    if (status === SUSPENDED) return [step.skipped("suspended", subject)];
    return status === ACTIVE ? [] : [step.invalid("unknown", subject)];
  }));
}

/** Appends recorded since a key of their party is distrusted. @template {{ gln: string, recordedAt: number }} A @param {A[]} appends @param {Record<string, { distrustFrom: number } | undefined>} parties @returns {A[]} */
export const doubtfulOf = (appends, parties) => appends.filter(({ gln, recordedAt }) => {
  const since = parties[gln]?.distrustFrom;
  return since && recordedAt >= since;
});

/** (8) Recall, hold and expiry; INVALID means "do not use", not "forged". @param {{ recalled: boolean, holds: number }} shown by the records @param {{ batch: { recalled: boolean, holds: number } } | null} facts @param {string} date best before @param {number} asOfUnix */
export function verifyUse(shown, facts, date, asOfUnix) {
  const names = ["recall", "hold", "expiry"];
  const [recall, hold, expiry] = names.map((name) => stepOf(STATUS_STEP, name));
  const isRecalled = shown.recalled || !!facts?.batch.recalled;
  const count = Math.max(shown.holds, facts?.batch.holds ?? 0);
  const isPast = asOfUnix >= dayUnix(date) + DAY_S;
  const use = isPast ? expiry.invalid("expired", BATCH_ROW, { date }) : expiry.valid("ok", "", { date });
  return [
    isRecalled ? recall.invalid("recalled", BATCH_ROW) : recall.valid("ok"),
    count ? hold.invalid("held", BATCH_ROW, { count }) : hold.valid("ok"),
    date ? use : expiry.skipped("unknown"),
  ];
}

/** INVALID beats ERROR beats VALID; no VALID at all is ERROR. @param {Check[]} checks */
export function overall(checks) {
  const order = /** @type {const} */ (["INVALID", "ERROR", "VALID"]);
  return order.find((status) => checks.some((check) => check.status === status)) ?? "ERROR";
}

/** Whether what is shown is genuine and complete, apart from whether it is good to use. @param {Check[]} checks */
export const authenticity = (checks) => overall(checks.filter((check) => !USE_STEPS.includes(check.step)));
