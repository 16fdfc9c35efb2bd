// @ts-check
/**
 * Verify a scan in the browser: the numbered protocol of tracer/domain/verify.py, with the same
 * steps, names and message keys. tests/vectors/bundles holds the two together.
 */
import { crossChecks, verifyAgreement } from "./agreement.js";
import { verifyClearance } from "./clearance.js";
import { open, plain, plainText } from "./evidence.js";
import { isWellFormed } from "./form.js";
import { RECORD_DIGITS, genesisHead, sha256Text } from "./hashes.js";
import { CLASS_ROLES, DIGEST_ONLY, DOCUMENT_KINDS, KINDS, kindName } from "./kinds.js";
import { recordSubject } from "./ledger.js";
import {
  BATCH_ROW, doubtfulOf, headsOf, parseLink, rootsOf, verifyChain, verifyFinal, verifyHeads, verifyIssued, verifyLink,
  verifyStanding, verifyUse,
} from "./protocol.js";
import { COULD_NOT_ASK, differing, stepOf, utcText } from "./steps.js";

/**
 * @typedef {import("./steps.js").Check} Check
 * @typedef {import("./evidence.js").Bundle} Bundle
 * @typedef {import("./evidence.js").Evidence} Evidence
 * @typedef {import("./evidence.js").AppendRow} AppendRow
 * @typedef {import("./chain.js").Facts} Facts
 * @typedef {import("./protocol.js").Link} Link
 */

const PLACE = "blockNumber blockHash transactionHash logIndex";
const RECORD = "position sequence kind occurredAt location digest gln recordedAt";

/** Every genuine statement of how many tins the batch has, as text. @param {Evidence} evidence */
function statedTins({ events, papers }) {
  const said = papers.filter((paper) => paper.genuine && paper.type === "PRODUCT").map((paper) => plain(paper, "tins"));
  const counted = events.filter(({ record }) => record.kind === KINDS.CANNING)
    .map(({ body }) => plainText(body.ilmd?.["tracer:serialCount"]));
  return [...said, ...counted].filter(Boolean);
}

/** (2) The tin is the batch's, and the tree has as many tins as the papers say. @param {Evidence} evidence @param {Link | null} link */
async function verifyTin(evidence, link) {
  const count = stepOf(2, "tin-count");
  const { bundle: { appends, tin } } = evidence;
  const issued = await verifyIssued(tin, appends, link);
  if (!tin) return issued.status === "INVALID" ? [issued] : [issued, count.skipped("none")];
  // A Merkle root does not bind the number of its leaves, so the number needs its own evidence.
  const { size } = tin;
  const stated = statedTins(evidence);
  const wrong = stated.find((text) => text !== String(size));
  if (rootsOf(appends).length !== 1 || !stated.length) return [issued, count.skipped("unstated")];
  return [issued, wrong ? count.invalid("wrong", "tin count", { shown: size, stated: wrong }) : count.valid("ok", "", { count: size })];
}

/** (3) Flags follow from the records, and the ledger would have taken each. @param {Bundle["batch"]} batch @param {Evidence["state"]} state */
function verifyFlags(batch, state) {
  const step = stepOf(3, "batch-flags");
  const columns = differing(batch, { ...state, holds: state.holds.size }, "holds holdRound recalled");
  const wrong = columns ? [step.invalid("wrong", BATCH_ROW, { columns })] : [];
  for (const [record, rule] of state.refused) wrong.push(step.invalid("refused", recordSubject(record), { rule }));
  return step.conclude(wrong);
}

/** (3) The records refold to the head, rows repeat the appends, flags follow from them. @param {Evidence} evidence */
async function verifyFold({ bundle, records, state }) {
  const rows = stepOf(3, "record-rows");
  const count = records.length;
  /** @type {Check[]} */
  const differ = [];
  for (const append of bundle.appends) {
    if (append.records.length % RECORD_DIGITS) differ.push(rows.invalid("ragged", `append ${append.sequence}`));
  }
  for (let at = 0; at < Math.max(count, bundle.records.length); at += 1) {
    const [derived, shown] = [records[at], bundle.records[at]];
    const columns = derived && shown ? differing(derived, shown, RECORD) : "";
    if (!shown) differ.push(rows.invalid("missing", recordSubject(derived)));
    else if (!derived) differ.push(rows.invalid("extra", recordSubject(shown)));
    else if (columns) differ.push(rows.invalid("row", recordSubject(derived), { columns }));
  }
  return [
    ...verifyHeads(bundle.appends, await headsOf(bundle), bundle.batch.head), ...rows.conclude(differ, { count }), ...verifyFlags(bundle.batch, state),
  ];
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
  const names = ["same-chain", "head-on-chain", "batch-row", "appends-on-chain"];
  const [same, heads, row, logged] = names.map((name) => stepOf(4, name));
  if (!facts) return [same, heads, row, logged].map((step) => step.error(COULD_NOT_ASK, "", { error }));
  const { node, appended, registered } = facts;
  const genesis = await genesisHead(chain.chainId, chain.contract, batch.batchId);
  const onChain = facts.batch.head;
  const isSame = onChain === batch.head && onChain === (appends.at(-1)?.head ?? genesis);

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
  return [
    verifyChain(chain, node), headed, ...row.conclude(rows), ...logged.conclude(logs, { count: appends.length }),
    verifyFinal(node),
  ];
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

/**
 * (6) The parties are as the ledger holds them.
 *
 * @param {Record<string, import("./evidence.js").PartyRow>} parties
 * @param {string[]} writers the owner and every writer, sorted
 * @param {{ has(gln: string): boolean }} suppliers whom receipts name
 * @param {Facts["parties"]} facts
 */
function verifyRows(parties, writers, suppliers, facts) {
  const step = stepOf(6, "parties-on-chain");
  const all = [...new Set([...writers, ...Object.keys(parties)])].sort();
  const found = all.flatMap((gln) => {
    const [row, fact, subject] = [parties[gln], facts[gln], `party ${gln}`];
    if (!writers.includes(gln) && !suppliers.has(gln)) return [step.invalid("unreferenced", subject)];
    if (!row) return [step.invalid("missing", subject)];
    if (!fact) return [step.error("unasked", subject)];
    const columns = differing(row, fact, "profileDigest roles status admin distrustFrom");
    return columns ? [step.invalid("differs", subject, { columns })] : [];
  });
  return step.conclude(found, { count: all.length });
}

/**
 * (6) No append was signed by a key reported compromised. A party's distrustFrom moves with every
 * revocation, so it only says where to look closer.
 *
 * @param {AppendRow[]} appends
 * @param {Facts} facts
 */
function verifyKeys(appends, { parties, signers }) {
  const step = stepOf(6, "keys");
  return step.conclude(doubtfulOf(appends, parties).flatMap(({ sequence, gln, recordedAt }) => {
    const [signer, subject] = [signers[sequence], `append ${sequence} of party ${gln}`];
    if (signer?.gln !== gln) return [step.error("unknown", subject)];
    const since = signer.distrustFrom;
    return since && recordedAt >= since ? [step.invalid("distrusted", subject, { since: utcText(since) })] : [];
  }));
}

/** (6) Profiles are those that the ledger pins; the rest of the step needs no text. @param {Evidence} evidence @param {Facts | null} facts @param {string} error */
async function verifyParties({ bundle, parties, records, suppliers }, facts, error) {
  const step = stepOf(6, "profiles");
  const found = [];
  for (const [gln, row] of Object.entries(bundle.parties).sort()) {
    const isRight = (await sha256Text(row.profile)) === row.profileDigest;
    if (!row.profile) found.push(step.skipped("missing", `party ${gln}`));
    else if (!isRight) found.push(step.invalid("wrong", `party ${gln}`));
  }
  const known = step.conclude(found, { count: Object.keys(bundle.parties).length });
  if (!facts) return [...known, ...["parties-on-chain", "roles", "standing", "keys"].map((name) => stepOf(6, name).error(COULD_NOT_ASK, "", { error }))];
  return [
    ...known, ...verifyRows(bundle.parties, parties, suppliers, facts.parties), ...verifyRoles(records, parties, facts.parties),
    ...verifyStanding(parties, facts.parties), ...verifyKeys(bundle.appends, facts),
  ];
}

/** (6) Writers that lost a role are named; the ledger enforced it when each record was appended. @param {Evidence["records"]} records @param {string[]} writers @param {Facts["parties"]} facts */
function verifyRoles(records, writers, facts) {
  const step = stepOf(6, "roles");
  return step.conclude(writers.filter((gln) => facts[gln]).flatMap((gln) => {
    const lost = new Set(records
      .filter(({ kind, gln: writer }) => writer === gln && kindName(kind) in KINDS && !(CLASS_ROLES[kind >> 4] & facts[gln].roles))
      .map((record) => record.kind));
    const kinds = [...lost].sort((a, b) => a - b).map(kindName).join(", ");
    return kinds ? [step.skipped("changed", `party ${gln}`, { kinds })] : [];
  }));
}

/** (8) Recall, hold and expiry, by the date that genuine papers state. @param {Evidence} evidence @param {Facts | null} facts @param {number} asOfUnix */
function verifyStatus({ papers, state }, facts, asOfUnix) {
  const genuine = papers.filter((paper) => paper.genuine);
  const product = genuine.filter((paper) => paper.type === "PRODUCT");
  const date = [...product, ...genuine].map((paper) => plain(paper, "bestBefore")).find(Boolean) ?? "";
  return verifyUse({ ...state, holds: state.holds.size }, facts, date, asOfUnix);
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
