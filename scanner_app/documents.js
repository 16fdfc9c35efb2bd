// @ts-check
/** Document views and their commitments (twin of tracer/domain/documents.py, document_views.py). */
import { number, sha256, utf8 } from "./hashes.js";
import { root } from "./merkle.js";

/** Names of document types; the index is the number that goes into the commitment. */
export const DOC_TYPES = [
  "", "CUSTOMS_DECLARATION", "CBEC_LIST", "CERTIFICATE_OF_ORIGIN", "HEALTH_CERTIFICATE",
  "CIQ_CERTIFICATE", "BILL_OF_LADING", "PACKING_LIST", "COMMERCIAL_INVOICE", "LAB_REPORT",
  "FORMULA_REGISTRATION", "MANUFACTURER_REGISTRATION", "HALAL", "ORGANIC", "TEMPERATURE_LOG",
  "CSR_REPORT", "CARBON_FOOTPRINT", "PRODUCT",
];

const MAX_FIELDS = 256;

/**
 * @typedef {{ name: string, value: string, salt: string } | { leaf: string }} Entry
 * @typedef {{ docType: number, issuer: string, batchId: string, salt: string, fields: Entry[],
 *   type: string, texts: Record<string, string> }} View
 */

/** @param {unknown} value @param {string} names */
const hasExactly = (value, names) =>
  typeof value === "object" && value !== null && Object.keys(value).sort().join(" ") === names;

/** @param {unknown} value @param {number} digits */
const isHex = (value, digits) =>
  typeof value === "string" && value.length === digits && /^[0-9a-f]*$/.test(value);

/** Whether text is 13 digits with a right check digit. @param {unknown} text */
export function isGln(text) {
  if (typeof text !== "string" || !/^\d{13}$/.test(text)) return false;
  const sum = [...text].reduce((total, digit, at) => total + Number(digit) * (at % 2 ? 3 : 1), 0);
  return sum % 10 === 0;
}

/**
 * Read a view; null when it is not spelled the one way that a view is spelled.
 *
 * @param {string} text
 * @returns {View | null}
 */
export function parseView(text) {
  try {
    const view = JSON.parse(text);
    const { docType, issuer, batchId, salt, fields } = view;
    const isView = hasExactly(view, "batchId docType fields issuer salt") && isGln(issuer)
      && Number.isInteger(docType) && docType > 0 && docType < DOC_TYPES.length
      && isHex(batchId, 64) && isHex(salt, 64) && Array.isArray(fields)
      && fields.length > 0 && fields.length <= MAX_FIELDS && JSON.stringify(view) === text;
    if (!isView) return null;
    /** @type {Record<string, string>} */
    const texts = {};
    let before = "";
    for (const entry of fields) {
      if (hasExactly(entry, "leaf") && isHex(entry.leaf, 64)) continue;
      const { name, value, salt: own } = entry;
      const isField = hasExactly(entry, "name salt value") && typeof name === "string"
        && typeof value === "string" && isHex(own, 32) && utf8(name) > before;
      if (!isField) return null;
      JSON.parse(value);
      before = utf8(name);
      texts[name] = value;
    }
    const type = DOC_TYPES[docType];
    /** @param {string} name @param {string} said */
    const agrees = (name, said) => !(name in texts) || JSON.parse(texts[name]) === said;
    const isNamed = !("number" in texts) || typeof JSON.parse(texts.number) === "string";
    const isOne = agrees("type", type) && agrees("issuer", issuer) && isNamed;
    return isOne ? { ...view, type, texts } : null;
  } catch {
    return null;
  }
}

/** The first field that the issuer made public and the view does not open. @param {View} view @returns {string | null} */
export function withheld({ fields, texts }) {
  const shown = new Set(fields.flatMap((one) => ("name" in one ? [one.name] : [])));
  const names = shown.has("publicFields") ? JSON.parse(texts.publicFields) : null;
  const isList = Array.isArray(names) && names.every((name) => typeof name === "string");
  return isList ? (names.find((name) => !shown.has(name)) ?? null) : "publicFields";
}

/** @param {string} name @param {string} value @param {string} salt */
export function fieldLeaf(name, value, salt) {
  const [key, text] = [utf8(name), utf8(value)];
  const sized = number(key.length / 2, 2) + key + number(text.length / 2, 4) + text;
  return sha256(`00${utf8("tracer/field/v1\0")}${sized}${salt}`);
}

/** The commitment that a view gives on a chain and contract. @param {View} view @param {number} chainId @param {string} contract */
export async function commitment(view, chainId, contract) {
  const leaves = await Promise.all(
    view.fields.map((one) => ("leaf" in one ? one.leaf : fieldLeaf(one.name, one.value, one.salt))),
  );
  const bound = number(chainId, 8) + contract + number(Number(view.issuer), 6) + view.batchId;
  const rest = number(view.docType, 2) + view.salt + (await root(leaves));
  return sha256(utf8("tracer/doc/v1\0") + bound + rest);
}
