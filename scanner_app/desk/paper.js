// @ts-check
/**
 * A paper with its salts, bound to one batch: the writing side of tracer/domain/documents.py. The
 * salts are drawn here, on the issuer's own device; leaves and commitments are those of
 * ../documents.js, which every reader recomputes.
 */
import { DOC_TYPES, commitment, fieldLeaf, parseView } from "../documents.js";
import { utf8 } from "../hashes.js";
import { canonicalText } from "./canonical.js";

const PUBLIC_FIELDS = "publicFields";
const FIXED_FIELDS = ["type", "number", "issuer", "issuedAt", "file", PUBLIC_FIELDS];
const FIELD_SALT_BYTES = 16;
const DOCUMENT_SALT_BYTES = 32;
const MAX_FIELDS = 256;

/**
 * @typedef {{ type: string, number: string, issuer: string, issuedAt: string,
 *   open: Record<string, unknown>, sealed: Record<string, unknown>, file: string }} Paper
 *   `open` are the fields that parents see, `sealed` those that only a grant opens; `file` is the
 *   SHA-256 of the file in hexadecimal, "" without one
 * @typedef {{ chainId: number, contract: string, batchId: string }} Scope hexadecimal, without 0x
 * @typedef {{ document: string, fields: string[] }} Salts hexadecimal, fields in leaf order
 * @typedef {{ name: string, value: unknown, isOpen: boolean }} Value
 * @typedef {{ full: string, shown: string, openFields: string[], commitment: string }} Sealed
 *   texts of the view with every field and of the one that the world sees
 */

/** A paper cannot be bound: two fields share a name, or there are too many. */
export class PaperError extends Error {}

/** In the order of their UTF-8 bytes, as leaves stand. @param {string} one @param {string} other */
const byBytes = (one, other) => (utf8(one) < utf8(other) ? -1 : 1);

/** Every field in leaf order. @param {Paper} paper @returns {Value[]} */
export function arrange({ type, number, issuer, issuedAt, open, sealed, file }) {
  const fixed = { type, number, issuer, issuedAt };
  const openNames = [...Object.keys(fixed), ...Object.keys(open), PUBLIC_FIELDS].sort(byBytes);
  const values = [
    ...Object.entries({ ...fixed, ...open, [PUBLIC_FIELDS]: openNames }).map(asValue(true)),
    ...Object.entries(file ? { ...sealed, file } : sealed).map(asValue(false)),
  ];
  const names = [...openNames, ...Object.keys(sealed), ...(file ? ["file"] : [])];
  const taken = [...Object.keys(open), ...Object.keys(sealed)].find((name) => FIXED_FIELDS.includes(name));
  const twice = taken ?? names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new PaperError(`the field ${twice} has a name that is taken`);
  if (values.length > MAX_FIELDS) throw new PaperError(`more than ${MAX_FIELDS} fields`);
  return values.sort((one, other) => byBytes(one.name, other.name));
}

/** @param {boolean} isOpen @returns {(entry: [string, unknown]) => Value} */
const asValue = (isOpen) => ([name, value]) => ({ name, value, isOpen });

/** Random bytes, as hexadecimal text. @param {number} size */
export function drawHex(size) {
  const bytes = crypto.getRandomValues(new Uint8Array(size));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Salts that make a paper's fields unguessable. @param {Paper} paper @returns {Salts} */
export const drawSalts = (paper) => ({
  document: drawHex(DOCUMENT_SALT_BYTES),
  fields: arrange(paper).map(() => drawHex(FIELD_SALT_BYTES)),
});

/**
 * Bind a paper to a batch on a ledger.
 *
 * @param {Paper} paper
 * @param {Scope} scope
 * @param {Salts} salts
 * @returns {Promise<Sealed>}
 */
export async function sealPaper(paper, scope, salts) {
  const values = arrange(paper);
  const isDrawn = salts.fields.length === values.length && new Set(salts.fields).size === values.length;
  if (!isDrawn) throw new PaperError("each field needs a salt of its own");
  const entries = values.map(({ name, value }, at) => ({ name, value: canonicalText(value), salt: salts.fields[at] }));
  const shown = await Promise.all(values.map(async ({ isOpen }, at) => {
    const { name, value, salt } = entries[at];
    return isOpen ? entries[at] : { leaf: await fieldLeaf(name, value, salt) };
  }));
  const head = {
    docType: DOC_TYPES.indexOf(paper.type), issuer: paper.issuer, batchId: scope.batchId, salt: salts.document,
  };
  const full = canonicalText({ ...head, fields: entries });
  const view = parseView(full); // what every reader will do: a view that reads otherwise is not sent
  if (!view) throw new PaperError("a value cannot be written the way views are");
  return {
    full,
    shown: canonicalText({ ...head, fields: shown }),
    openFields: values.filter(({ isOpen }) => isOpen).map(({ name }) => name),
    commitment: await commitment(view, scope.chainId, scope.contract),
  };
}
