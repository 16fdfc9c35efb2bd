// @ts-check
/** Which batch somebody means: a GTIN and a lot, or the Digital Link on a tin. Pure. */

/** @typedef {import("./context.js").BatchName} BatchName */

const LINK = /\/01\/(?<gtin>\d{8,14})(?:\/22\/[^/?#]+)?\/10\/(?<lot>[^/?#]+)/;
const LOT = /^[!%-?A-Z_a-z"]{1,20}$/; // GS1 character set 82

/** A GTIN as 14 digits; "" when its check digit is wrong. @param {string} text */
export function readGtin(text) {
  const digits = text.replace(/[\s-]/g, "").padStart(14, "0");
  if (!/^\d{14}$/.test(digits) || !/[1-9]/.test(digits)) return "";
  const sum = [...digits].reduce((total, digit, at) => total + Number(digit) * (at % 2 ? 1 : 3), 0);
  return sum % 10 === 0 ? digits : "";
}

/** @param {string} text */
export const readLot = (text) => (LOT.test(text.trim()) ? text.trim() : "");

/** The batch that a scanned or pasted address names. @param {string} text @returns {BatchName | null} */
export function readLink(text) {
  const { gtin = "", lot = "" } = LINK.exec(text.trim())?.groups ?? {};
  try {
    const name = { gtin: readGtin(gtin), lot: readLot(decodeURIComponent(lot)) };
    return gtin && name.gtin && name.lot ? name : null;
  } catch {
    return null; // a percent sign that begins nothing
  }
}

/**
 * Where the page stands, from its own address: a batch, and maybe one of its papers.
 *
 * @param {string} hash
 * @returns {{ batch: BatchName | null, type: string, id: string }}
 */
export function readHash(hash) {
  const batch = readLink(hash.replace(/^#/, ""));
  const [, type = "", id = ""] = /\/10\/[^/]+\/([A-Z_]+)\/([0-9A-Za-z]+)$/.exec(hash) ?? [];
  return batch ? { batch, type, id } : { batch: null, type: "", id: "" };
}
