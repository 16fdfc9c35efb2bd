// @ts-check
/** C4: a certificate's number is used for no more than it certifies (twin of cross_numbers.py). */
import { add, readNumber, showNumber } from "./claims.js";
import { plain, valueOf } from "./evidence.js";
import { DOC_TYPES } from "./documents.js";
import { utf8 } from "./hashes.js";
import { COMMON_TYPES, plainNumber } from "./paper-numbers.js";
import { TOLERANCES } from "./rules.js";

/**
 * @typedef {import("./claims.js").Claims} Claims
 * @typedef {import("./comparison.js").Comparison} Comparison
 * @typedef {import("./evidence.js").Evidence} Evidence
 * @typedef {import("./evidence.js").Paper} Paper
 * @typedef {{ batch: string, lot: string, papers: Paper[] }} Uses
 */

const [CIQ, DECLARATION] = ["CIQ_CERTIFICATE", "CUSTOMS_DECLARATION"];

/** Papers that have a line for each of several lots, and what all their lines share. */
const SHARED_FIELDS = new Map([
  [DECLARATION, ["issuedAt", "office", "tradeMode", "container", "coNo", "bl", "originCountry"]],
  ["BILL_OF_LADING", ["issuedAt", "container", "vesselImo", "voyage", "onBoard", "pol", "pod"]],
]);

/** @param {string} number */
const typeOf = (number) => number.slice(0, number.indexOf(" "));

/** Field of a use, and field of the quantity that the whole paper covers. @param {string} number */
const fieldsOf = (number) =>
  (typeOf(number) === "BILL_OF_LADING" ? ["grossKg", "certifiedGrossKg"] : ["netKg", "certifiedNetKg"]);

/** The papers that carry the number as their own. @param {Uses} use @param {string} number */
const ownOf = ({ papers }, number) => papers.filter((paper) => paper.type === typeOf(number));

/** Kilograms for which a batch uses it: by its own paper or by those that cite it; NaN when unknown. @param {Uses} use @param {string} number */
function quantityOf({ papers }, number) {
  const [field] = fieldsOf(number);
  /** @type {Map<string, Map<string, number>>} */
  const byType = new Map();
  for (const paper of papers) {
    const kg = readNumber(plain(paper, field));
    if (Number.isNaN(kg)) continue;
    if (!byType.has(paper.type)) byType.set(paper.type, new Map());
    byType.get(paper.type)?.set(JSON.stringify([plain(paper, "number"), plain(paper, field)]), kg);
  }
  const sums = [...byType.values()].map((each) => add([...each.values()]));
  return sums.length ? Math.max(...sums) : NaN;
}

/** Ascending by type, then by the number's UTF-8. @param {string} one @param {string} other */
function inOrder(one, other) {
  const rank = DOC_TYPES.indexOf(typeOf(one)) - DOC_TYPES.indexOf(typeOf(other));
  return rank || (utf8(one) < utf8(other) ? -1 : 1);
}

/** Compare every number that this batch's papers use with all its uses. @param {Comparison} check @param {Claims} claims */
export function compareUses(check, claims) {
  const { evidence, papers } = claims;
  /** @type {Map<string, Paper[]>} */
  const ours = new Map();
  for (const paper of papers) {
    for (const number of paper.numbers) ours.set(number, [...(ours.get(number) ?? []), paper]);
  }
  for (const number of [...ours.keys()].sort(inOrder)) {
    const here = { batch: "", lot: evidence.bundle.batch.lot, papers: ours.get(number) ?? [] };
    compare(check, claims, number, here, othersOf(evidence, number, here));
  }
}

/** Uses by other batches, of the same issuer's number where issuers are known. @param {Evidence} evidence @param {string} number @param {Uses} here */
function othersOf({ others }, number, here) {
  /** @type {Map<string, Uses>} */
  const found = new Map();
  for (const { paper, lot, batch } of others) {
    if (!paper.genuine || !paper.numbers.includes(number)) continue;
    found.set(batch, { batch, lot, papers: [...(found.get(batch)?.papers ?? []), paper] });
  }
  const uses = [...found.values()].sort((one, other) => (one.batch < other.batch ? -1 : 1));
  if (COMMON_TYPES.includes(typeOf(number))) return uses;
  const issuers = ownOf(here, number).map(({ issuer }) => issuer);
  return uses.filter((use) => {
    const theirs = ownOf(use, number);
    return !issuers.length || !theirs.length || theirs.some(({ issuer }) => issuers.includes(issuer));
  });
}

/** @param {Comparison} check @param {Claims} claims @param {string} number @param {Uses} here @param {Uses[]} others */
function compare(check, claims, number, here, others) {
  const quantity = quantityOf(here, number);
  const limit = certified(number, [here, ...others]);
  const shown = ownOf(here, number)[0] ?? here.papers[0];
  const quantities = [here, ...others].map((use) => quantityOf(use, number));
  const isKnown = !quantities.some(Number.isNaN) && !Number.isNaN(limit);
  if (typeOf(number) === CIQ && Number.isNaN(quantity)) {
    others = others.filter((use) => !lists(here, use, number));
  } else if (!others.length && (Number.isNaN(quantity) || Number.isNaN(limit) || here.papers.length === 1)) {
    return;
  } else if (others.length && isOnePaper(number, [here, ...others]) && isCovered(claims, [here, ...others])) {
    check.note(`uses of ${typeOf(number)}`, ...saidOf(number, [here, ...others]));
    return;
  } else if (isKnown) {
    check.note(`uses of ${typeOf(number)}`, ...saidOf(number, [here, ...others]));
    if (add(quantities) * 100 <= limit * (100 + TOLERANCES.certifiedPct)) return;
  }
  report(check, number, shown, [quantity, limit], others);
}

/** Whether all batches show the same paper, each with its own line of it. @param {string} number @param {Uses[]} uses */
function isOnePaper(number, uses) {
  const fields = SHARED_FIELDS.get(typeOf(number));
  if (!fields || !uses.every((use) => ownOf(use, number).length)) return false;
  const papers = uses.flatMap((use) => ownOf(use, number));
  return new Set(papers.map(({ issuer, texts }) => JSON.stringify([issuer, ...fields.map((name) => texts[name] ?? "")]))).size === 1;
}

/** Whether one certificate of origin covers what the batches declare together. @param {Claims} claims @param {Uses[]} uses */
function isCovered({ evidence, papers }, uses) {
  const declared = uses.map(({ batch, lot, papers: all }) => ({ batch, lot, papers: all.filter(({ type }) => type === DECLARATION) }));
  const cited = new Set(declared.flatMap((use) => use.papers.map((paper) => plainNumber(plain(paper, "coNo")))));
  if (cited.size !== 1 || !declared.every((use) => use.papers.length)) return false;
  const stated = [...papers, ...evidence.others.map(({ paper }) => paper)]
    .filter(({ genuine, type }) => genuine && type === "CERTIFICATE_OF_ORIGIN")
    .filter((paper) => cited.has(plainNumber(plain(paper, "number"))))
    .map((paper) => readNumber(plain(paper, "certifiedNetKg"))).filter((kg) => !Number.isNaN(kg));
  const total = add(declared.map((use) => quantityOf(use, `${DECLARATION} `)));
  return stated.length > 0 && total * 100 <= Math.min(...stated) * (100 + TOLERANCES.certifiedPct);
}

/** What each paper says of the quantity. @param {string} number @param {Uses[]} uses */
const saidOf = (number, uses) => uses.flatMap(({ batch, papers }) => papers
  .filter((paper) => fieldsOf(number)[0] in paper.texts)
  .map((paper) => ({ subject: `${batch} ${paper.subject}`.trimStart(), text: plain(paper, fieldsOf(number)[0]) })));

/** What the paper covers in all: as it says, or the most that one use of it says. @param {string} number @param {Uses[]} uses */
function certified(number, uses) {
  const [field, whole] = fieldsOf(number);
  const papers = uses.flatMap((use) => ownOf(use, number));
  /** @param {Paper[]} from @param {string} name */
  const read = (from, name) => from.map((paper) => readNumber(plain(paper, name))).filter((kg) => !Number.isNaN(kg));
  const stated = read(papers, whole);
  if (stated.length) return Math.min(...stated);
  const single = read(papers, field);
  const used = single.length ? single : read(uses.flatMap((use) => use.papers), field);
  return used.length ? Math.max(...used) : NaN;
}

/** Whether an inspection certificate lists the other batch's lot too, on both papers. @param {Uses} here @param {Uses} there @param {string} number */
function lists(here, there, number) {
  /** @param {Uses} use @param {string} lot */
  const names = (use, lot) => ownOf(use, number).every((paper) => {
    const lots = valueOf(paper, "lots");
    return Array.isArray(lots) && lots.includes(lot);
  });
  return ownOf(there, number).length > 0 && names(here, there.lot) && names(there, here.lot);
}

/** @param {Comparison} check @param {string} number @param {Paper} shown @param {number[]} known @param {Uses[]} others */
function report(check, number, shown, known, others) {
  /** @param {number} kg */
  const show = (kg) => (Number.isNaN(kg) ? "?" : showNumber(kg));
  const type = typeOf(number);
  const [a, limit] = known.map(show);
  const cited = shown.type === type ? plain(shown, "number") : number.slice(type.length + 1);
  const params = { type, number: cited, one: shown.subject, a };
  if (!others.length && type !== CIQ) check.conflict("cross.overused", { ...params, b: limit }, shown.subject);
  for (const use of others) {
    const there = { batch: use.batch, b: show(quantityOf(use, number)), c: limit };
    check.conflict("cross.reused", { ...params, ...there }, shown.subject);
  }
}
