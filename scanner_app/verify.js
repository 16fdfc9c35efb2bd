// @ts-check
/**
 * Verify a scan in the browser: the numbered protocol of tracer/domain/verify.py, with the same
 * steps, names and message keys. tests/vectors/bundles holds the two together.
 */
import { crossChecks, verifyAgreement } from "./agreement.js";
import { verifyClearance } from "./clearance.js";
import { areNames, open, plain, plainText, recordSubject } from "./evidence.js";
import { isWellFormed } from "./form.js";
import { CLASS_ROLES, DIGEST_ONLY, DOCUMENT_KINDS, KINDS, kindName } from "./kinds.js";
import { RECORD_DIGITS, batchId, fold, genesisHead, sha256Text, utf8 } from "./ledger.js";
import { verifyInclusion } from "./merkle.js";
import { COULD_NOT_ASK, dayUnix, differing, stepOf, utcText } from "./steps.js";

/**
 * @typedef {import("./steps.js").Check} Check
 * @typedef {import("./evidence.js").Bundle} Bundle
 * @typedef {import("./evidence.js").Evidence} Evidence
 * @typedef {import("./evidence.js").AppendRow} AppendRow
 * @typedef {import("./chain.js").Facts} Facts
 * @typedef {{ gtin: string, lot: string, serial: string }} Link
 */

const BATCH_ROW = "batch row";
const STATUS_STEP = 8;
const DAY_S = 86_400;
const PLACE = "blockNumber blockHash transactionHash logIndex";
const RECORD = "position sequence kind occurredAt location digest gln recordedAt";
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

/** (1) The code names this batch, and the batch id is the hash of GTIN and lot. @param {Bundle} bundle @param {Link | null} link */
async function verifyLink({ batch }, link) {
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

/** Every genuine statement of how many tins the batch has, as text. @param {Evidence} evidence */
function statedTins({ events, papers }) {
  const said = papers.filter((paper) => paper.genuine && paper.type === "PRODUCT").map((paper) => plain(paper, "tins"));
  const counted = events.filter(({ record }) => record.kind === KINDS.CANNING)
    .map(({ body }) => plainText(body.ilmd?.["tracer:serialCount"]));
  return [...said, ...counted].filter(Boolean);
}

/** (2) The tin's serial is under the batch's serial root. @param {Evidence} evidence @param {Link | null} link */
async function verifyTin(evidence, link) {
  const [issued, count] = [stepOf(2, "tin-issued"), stepOf(2, "tin-count")];
  const { tin } = evidence.bundle;
  const scanned = link?.serial ?? "";
  if (!tin && scanned) return [issued.invalid("absent", `tin ${scanned}`, { serial: scanned })];
  if (!tin) return [issued.skipped("none"), count.skipped("none")];
  const { serial, index, size, proof, root } = tin;
  const subject = `tin ${serial}`;
  const roots = evidence.records.filter((row) => row.kind === KINDS.SERIALS).map((row) => row.digest);
  let is = issued.valid("ok", "", { serial });
  if (scanned && scanned !== serial) is = issued.invalid("other", subject, { scanned, shown: serial });
  else if (!roots.includes(root)) is = issued.invalid("root", subject);
  else if (!(await verifyInclusion(utf8(serial), index, size, proof, root))) is = issued.invalid("proof", subject, { serial });
  // A Merkle root does not bind the number of its leaves, so the number needs its own evidence.
  const stated = statedTins(evidence);
  const wrong = stated.find((text) => text !== String(size));
  if (roots.length !== 1 || !stated.length) return [is, count.skipped("unstated")];
  return [is, wrong ? count.invalid("wrong", "tin count", { shown: size, stated: wrong }) : count.valid("ok", "", { count: size })];
}

/** (3) The records refold to the head, rows repeat the appends, flags follow from them. @param {Evidence} evidence */
async function verifyFold({ bundle, records, state }) {
  const [folds, rows, flags] = [stepOf(3, "records-fold"), stepOf(3, "record-rows"), stepOf(3, "batch-flags")];
  const { appends, batch, chain } = bundle;
  const count = records.length;
  const [broken, differ, wrong] = [/** @type {Check[]} */ ([]), /** @type {Check[]} */ ([]), /** @type {Check[]} */ ([])];
  let head = await genesisHead(chain.chainId, chain.contract, batch.batchId);
  for (const append of appends) {
    const isRight = (await fold(head, append)) === append.head;
    if (!isRight) broken.push(folds.invalid("append", `append ${append.sequence}`));
    if (append.records.length % RECORD_DIGITS) differ.push(rows.invalid("ragged", `append ${append.sequence}`));
    head = append.head; // name each damaged append once, not all that follow
  }
  if (head !== batch.head) broken.push(folds.invalid("batch", BATCH_ROW));
  for (let at = 0; at < Math.max(count, bundle.records.length); at += 1) {
    const [derived, shown] = [records[at], bundle.records[at]];
    const columns = derived && shown ? differing(derived, shown, RECORD) : "";
    if (!shown) differ.push(rows.invalid("missing", recordSubject(derived)));
    else if (!derived) differ.push(rows.invalid("extra", recordSubject(shown)));
    else if (columns) differ.push(rows.invalid("row", recordSubject(derived), { columns }));
  }
  const replayed = { ...state, holds: state.holds.size };
  const columns = differing(batch, replayed, "holds holdRound recalled");
  if (columns) wrong.push(flags.invalid("wrong", BATCH_ROW, { columns }));
  for (const [record, rule] of state.refused) wrong.push(flags.invalid("refused", recordSubject(record), { rule }));
  return [...folds.conclude(broken, { count }), ...rows.conclude(differ, { count }), ...flags.conclude(wrong)];
}

/**
 * Each append with its log; where one of them is missing, by sequence, so that it is named.
 *
 * @param {AppendRow[]} appends @param {Facts["appended"]} logs
 * @returns {[AppendRow | undefined, Facts["appended"][number] | undefined][]}
 */
function pairs(appends, logs) {
  if (appends.length === logs.length) return appends.map((append, at) => [append, logs[at]]);
  /** @type {Map<number, Facts["appended"]>} */
  const left = new Map();
  for (const log of logs) left.set(log.sequence, [...(left.get(log.sequence) ?? []), log]);
  /** @type {[AppendRow | undefined, Facts["appended"][number] | undefined][]} */
  const found = appends.map((append) => [append, left.get(append.sequence)?.shift()]);
  for (const log of [...left.values()].flat()) found.push([undefined, log]);
  return found;
}

/** (4) The head, and with it every row, equals the ledger's at a final block. @param {Bundle} bundle @param {Facts | null} facts @param {string} error */
async function verifyOnChain(bundle, facts, error) {
  const { appends, batch, chain, mirror } = bundle;
  const names = ["same-chain", "head-on-chain", "batch-row", "appends-on-chain", "final"];
  const [same, heads, row, logged, final] = names.map((name) => stepOf(4, name));
  if (!facts) return [same, heads, row, logged].map((step) => step.error(COULD_NOT_ASK, "", { error }));
  const { node, appended, registered } = facts;
  const genesis = await genesisHead(chain.chainId, chain.contract, batch.batchId);
  const onChain = facts.batch.head;
  const isSame = onChain === batch.head && onChain === (appends.at(-1)?.head ?? genesis);

  const others = differing(chain, node, "chainId genesisHash deployBlock");
  const chained = others ? same.invalid("differs", "chain row", { columns: others }) : same.valid("ok");

  const pending = appends.filter((one) => one.blockNumber > node.blockNumber).length;
  const unread = appended.filter((log) => log.blockNumber > mirror.blockNumber).length;
  const isBehind = [genesis, ...appended.map((log) => log.head)][appended.length - unread] === batch.head;
  let headed = heads.invalid("differs", BATCH_ROW);
  if (/^0*$/.test(onChain)) headed = heads.invalid("unregistered", BATCH_ROW);
  else if (isSame) headed = heads.valid("ok");
  else if (pending && onChain === (appends[appends.length - pending - 1]?.head ?? genesis)) headed = heads.error("pending", BATCH_ROW, { count: pending });
  else if (unread && isBehind && appended.at(-1)?.head === onChain) headed = heads.error("behind", BATCH_ROW, { count: unread });

  const columns = registered ? [differing(batch, registered, `gtin lot sequence ${PLACE}`)] : [];
  if (registered && registered.gln !== batch.owner) columns.push("owner");
  if (registered && registered.head !== genesis) columns.push("batchId");
  if (onChain === batch.head) columns.push(differing(batch, facts.batch, "owner holds holdRound recalled"));
  const differ = columns.filter(Boolean).join(", ");
  const rows = registered ? [] : [row.error("unseen", BATCH_ROW)];
  if (differ) rows.push(row.invalid("differs", BATCH_ROW, { columns: differ }));

  /** @type {Check[]} */
  const logs = [];
  for (const [shown, log] of pairs(appends, appended)) {
    const subject = `append ${(shown ?? log)?.sequence}`;
    if (shown && shown.blockNumber > mirror.blockNumber) logs.push(logged.invalid("cursor", subject));
    const apart = shown && log ? differing(shown, log, `sequence gln head records ${PLACE}`) : "";
    if (apart) logs.push(logged.invalid("differs", subject, { columns: apart }));
    if (shown && log) continue;
    if (shown && shown.blockNumber > node.blockNumber) logs.push(logged.error("pending", subject));
    else if (log && log.blockNumber > mirror.blockNumber) logs.push(logged.error("behind", subject));
    else if (isSame) logs.push(logged.error("inconsistent", subject));
    else logs.push(logged.invalid(log ? "withheld" : "invented", subject));
  }
  const block = node.blockNumber;
  const settled = node.final ? final.valid("ok", "", { block }) : final.error("pending", "", { block });
  return [chained, headed, ...row.conclude(rows), ...logged.conclude(logs, { count: appends.length }), settled];
}

/** (5) Each content hashes to its record's digest, each paper to its commitment and is whole. @param {Evidence} evidence */
function verifyContents({ bundle, byDigest, genuine, others, papers, records }) {
  const [texts, documents] = [stepOf(5, "contents"), stepOf(5, "documents")];
  const [wrong, bad] = [/** @type {Check[]} */ ([]), /** @type {Check[]} */ ([])];
  for (const digest of Object.keys(bundle.contents).sort()) {
    const [record] = byDigest.get(digest) ?? [];
    if (!record) wrong.push(texts.invalid("unreferenced", `content ${digest.slice(0, 16)}`));
    else if (!genuine.has(digest)) wrong.push(texts.invalid("wrong", recordSubject(record)));
  }
  for (const paper of papers) {
    if (!paper.records.length) bad.push(documents.invalid("unreferenced", paper.subject));
    else if (!paper.type) bad.push(documents.invalid("malformed", paper.subject));
    else if (!paper.recorded) bad.push(documents.invalid("wrong", paper.subject));
    else if (paper.withheld !== null) bad.push(documents.invalid("withheld", paper.subject, { field: paper.withheld }));
  }
  for (const record of records) {
    const isPaper = DOCUMENT_KINDS.includes(record.kind);
    const isHeld = record.digest in bundle.documents || (!isPaper && record.digest in bundle.contents);
    if (isHeld || DIGEST_ONLY.includes(record.kind)) continue;
    if (isPaper) bad.push(documents.skipped("missing", recordSubject(record)));
    else wrong.push(texts.skipped("missing", recordSubject(record)));
  }
  const shown = papers.filter((paper) => paper.genuine).length;
  return [
    ...texts.conclude(wrong, { count: genuine.size }), ...documents.conclude(bad, { count: shown }),
    ...verifyOthers(others, papers),
  ];
}

/** Papers of other batches hash to their commitments and share a number with this batch. @param {Evidence["others"]} others @param {Evidence["papers"]} papers */
function verifyOthers(others, papers) {
  const step = stepOf(5, "others");
  if (!others.length) return [step.skipped("none")];
  const ours = papers.flatMap((paper) => (paper.genuine ? paper.numbers : []));
  const found = others.flatMap(({ paper, batch }) => {
    if (!paper.genuine) return [step.invalid("wrong", paper.subject, { batch })];
    const isShared = paper.numbers.some((number) => ours.includes(number));
    return isShared ? [] : [step.invalid("unreferenced", paper.subject, { batch })];
  });
  return step.conclude(found, { count: others.length });
}

/** (6) Each signer's party had its role, is not since banned; revoked keys are named. @param {Evidence} evidence @param {Facts | null} facts @param {string} error */
async function verifyParties({ bundle, parties, records, suppliers }, facts, error) {
  const names = ["profiles", "parties-on-chain", "roles", "standing", "keys"];
  const [profiles, rows, roles, standing, keys] = names.map((name) => stepOf(6, name));
  const all = [...new Set([...parties, ...Object.keys(bundle.parties)])].sort();
  /** @type {Record<string, Check[]>} */
  const found = Object.fromEntries(names.map((name) => [name, []]));
  for (const [gln, row] of Object.entries(bundle.parties).sort()) {
    const subject = `party ${gln}`;
    const isRight = (await sha256Text(row.profile)) === row.profileDigest;
    if (!row.profile) found.profiles.push(profiles.skipped("missing", subject));
    else if (!isRight) found.profiles.push(profiles.invalid("wrong", subject));
  }
  const known = profiles.conclude(found.profiles, { count: Object.keys(bundle.parties).length });
  if (!facts) {
    return [...known, ...[rows, roles, standing, keys].map((step) => step.error(COULD_NOT_ASK, "", { error }))];
  }
  for (const gln of all) {
    const [row, fact, subject] = [bundle.parties[gln], facts.parties[gln], `party ${gln}`];
    const columns = row && fact ? differing(row, fact, "profileDigest roles status admin distrustFrom") : "";
    const isNamed = parties.includes(gln) || suppliers.has(gln);
    if (!isNamed) found[rows.name].push(rows.invalid("unreferenced", subject));
    else if (!row) found[rows.name].push(rows.invalid("missing", subject));
    else if (!fact) found[rows.name].push(rows.error("unasked", subject));
    else if (columns) found[rows.name].push(rows.invalid("differs", subject, { columns }));
    if (!fact || !parties.includes(gln)) continue;
    const lost = new Set(records
      .filter(({ kind, gln: writer }) => writer === gln && kindName(kind) in KINDS && !(CLASS_ROLES[kind >> 4] & fact.roles))
      .map((record) => record.kind));
    const kinds = [...lost].sort((a, b) => a - b).map(kindName).join(", ");
    if (kinds) found.roles.push(roles.skipped("changed", subject, { kinds }));
    if (fact.status === BANNED) found.standing.push(standing.invalid("banned", subject));
    else if (fact.status === SUSPENDED) found.standing.push(standing.skipped("suspended", subject));
    else if (fact.status !== ACTIVE) found.standing.push(standing.invalid("unknown", subject));
  }
  for (const { sequence, gln, recordedAt } of bundle.appends) {
    // A party's distrustFrom moves with every revocation, so it only says where to look closer.
    const since = facts.parties[gln]?.distrustFrom;
    if (!since || recordedAt < since) continue;
    const [signer, subject] = [facts.signers[sequence], `append ${sequence} of party ${gln}`];
    if (signer?.gln !== gln) found.keys.push(keys.error("unknown", subject));
    else if (signer.distrustFrom && recordedAt >= signer.distrustFrom) {
      found.keys.push(keys.invalid("distrusted", subject, { since: utcText(signer.distrustFrom) }));
    }
  }
  const rest = [roles, standing, keys].flatMap((step) => step.conclude(found[step.name]));
  return [...known, ...rows.conclude(found[rows.name], { count: all.length }), ...rest];
}

/** (8) Recall, hold and expiry; INVALID means "do not use", not "forged". @param {Evidence} evidence @param {Facts | null} facts @param {number} asOfUnix */
function verifyStatus({ papers, state }, facts, asOfUnix) {
  const names = ["recall", "hold", "expiry"];
  const [recall, hold, expiry] = names.map((name) => stepOf(STATUS_STEP, name));
  const isRecalled = state.recalled || !!facts?.batch.recalled;
  const count = Math.max(state.holds.size, facts?.batch.holds ?? 0);
  const genuine = papers.filter((paper) => paper.genuine);
  const product = genuine.filter((paper) => paper.type === "PRODUCT");
  const date = [...product, ...genuine].map((paper) => plain(paper, "bestBefore")).find(Boolean) ?? "";
  const isPast = asOfUnix >= dayUnix(date) + DAY_S;
  const use = isPast ? expiry.invalid("expired", BATCH_ROW, { date }) : expiry.valid("ok", "", { date });
  return [
    isRecalled ? recall.invalid("recalled", BATCH_ROW) : recall.valid("ok"),
    count ? hold.invalid("held", BATCH_ROW, { count }) : hold.valid("ok"),
    date ? use : expiry.skipped("unknown"),
  ];
}

/** (10) The mirror's last block is a block of the node's chain; how old it is. @param {Bundle} bundle @param {Facts | null} facts @param {string} error */
function verifyFreshness({ mirror }, facts, error) {
  const step = stepOf(10, "freshness");
  if (!facts) return step.error(COULD_NOT_ASK, "", { error });
  const { node } = facts;
  const block = mirror.blockNumber;
  const isAhead = node.mirrorBlockHash === null && block > node.blockNumber;
  if (node.mirrorBlockNumber === block && isAhead) return step.error("ahead", "mirror row", { block });
  const isSame = node.mirrorBlockNumber === block && node.mirrorBlockHash === mirror.blockHash;
  if (!isSame) return step.invalid("fork", "mirror row", { block });
  if (node.mirrorBlockTime !== mirror.blockTime) return step.invalid("time", "mirror row", { block });
  return step.valid("ok", "", { block, behind: Math.max(0, node.blockNumber - block) });
}

/**
 * Check everything a bundle says, in the order of the protocol.
 *
 * @param {Bundle} bundle what a mirror serves; nothing in it is trusted
 * @param {Facts | null} facts what was read from a node the visitor chose; null when it could not be
 * @param {{ nodeError?: string, asOfUnix: number, link?: string }} options why there are no facts,
 *   the moment that decides on expiry, and the scanned code
 * @returns {Promise<Check[]>}
 */
export async function verifyBundle(bundle, facts, { nodeError = "", asOfUnix, link = "" }) {
  if (!isWellFormed(bundle)) return [stepOf(3, "bundle-form").invalid("malformed", "bundle")];
  const evidence = await open(bundle);
  const crosses = crossChecks(evidence, facts);
  const scanned = parseLink(link);
  const error = nodeError || "no node was asked";
  return [
    ...(await verifyLink(bundle, scanned)), // (1)
    ...(await verifyTin(evidence, scanned)), // (2)
    ...(await verifyFold(evidence)), // (3)
    ...(await verifyOnChain(bundle, facts, error)), // (4)
    ...verifyContents(evidence), // (5)
    ...(await verifyParties(evidence, facts, error)), // (6)
    ...verifyAgreement(evidence, crosses), // (7)
    ...verifyStatus(evidence, facts, asOfUnix), verifyClearance(evidence, crosses), // (8)
    stepOf(9, "scan-history").skipped("none"), // (9)
    verifyFreshness(bundle, facts, error), // (10)
  ];
}

/** INVALID beats ERROR beats VALID; no VALID at all is ERROR. @param {Check[]} checks */
export function overall(checks) {
  const order = /** @type {const} */ (["INVALID", "ERROR", "VALID"]);
  return order.find((status) => checks.some((check) => check.status === status)) ?? "ERROR";
}

/** Whether what is shown is genuine and complete, apart from whether it is good to use. @param {Check[]} checks */
export const authenticity = (checks) => overall(checks.filter((check) => check.step !== STATUS_STEP));
