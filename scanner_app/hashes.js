// @ts-check
/**
 * The ledger's exact bytes: batch ids and heads (twin of tracer/domain/records.py). Bytes are
 * lower-case hexadecimal text, which is also how they travel and compare.
 */

/** Hexadecimal digits of one record: 44 bytes. */
export const RECORD_DIGITS = 88;

/**
 * @typedef {{ sequence: number, gln: string, recordedAt: number, head?: string, records: string }} Append
 */

/** A whole number as so many bytes, big-endian. @param {number} value @param {number} size */
export const number = (value, size) => value.toString(16).padStart(2 * size, "0");

/** @param {Uint8Array} bytes */
const toHex = (bytes) => Array.from(bytes, (byte) => number(byte, 1)).join("");

/** @param {string} text */
export const utf8 = (text) => toHex(new TextEncoder().encode(text));

/** @param {BufferSource} bytes */
const digest = async (bytes) => toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));

/** @param {string} text */
export const sha256Text = (text) => digest(new TextEncoder().encode(text));

/** @param {string} hex */
export const sha256 = (hex) => digest(Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16)));

/** Whether a GTIN of 14 digits and a lot have the right form. @param {string} gtin @param {string} lot */
export function areNames(gtin, lot) {
  const sum = [...gtin].reduce((total, digit, at) => total + Number(digit) * (at % 2 ? 1 : 3), 0);
  return /^\d{14}$/.test(gtin) && sum % 10 === 0 && /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}$/.test(lot);
}

/** @param {string} gtin @param {string} lot */
export const batchId = (gtin, lot) => sha256Text(`tracer/batch/v1\0${gtin}\0${lot}`);

/** The head of a batch without records. @param {number} chainId @param {string} contract @param {string} id */
export const genesisHead = (chainId, contract, id) =>
  sha256(utf8("tracer/head/v1\0") + number(chainId, 8) + contract + id);

/** The head after one append. @param {string} head @param {Append} append */
export const fold = (head, { gln, recordedAt, records }) =>
  sha256(head + number(Number(gln), 6) + number(recordedAt, 5) + records);
