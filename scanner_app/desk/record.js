// @ts-check
/**
 * The record that a paper becomes, and the transaction that appends it. A server names the
 * transaction; what it does is decided here, byte for byte, before a wallet is asked to send it.
 */
import { KINDS } from "../kinds.js";
import { RECORD_DIGITS, number } from "../hashes.js";

/** append(bytes32,bytes); tests/vectors/abi.json has the same from the compiler. */
export const APPEND = "039d31e9";

const WORD = 64; // hexadecimal digits of an ABI word
const OFFSET = (64).toString(16).padStart(WORD, "0"); // the records begin after two words
const SELECTOR_DIGITS = 8;

/** Types that are not a plain DOCUMENT (twin of DOCUMENT_KIND in tracer/domain/documents.py). @type {Record<string, number>} */
const DOCUMENT_KIND = {
  LAB_REPORT: KINDS.LAB_REPORT,
  HEALTH_CERTIFICATE: KINDS.CERTIFICATE,
  CERTIFICATE_OF_ORIGIN: KINDS.CERTIFICATE,
  CIQ_CERTIFICATE: KINDS.CUSTOMS_DOCUMENT,
  CUSTOMS_DECLARATION: KINDS.CLEARANCE_CLAIM,
};

/**
 * @typedef {{ kind: number, occurredAt: number, digest: string }} PaperRecord Unix seconds; 64 digits
 * @typedef {{ to?: unknown, data?: unknown, value?: unknown }} Transaction
 * @typedef {"" | "to" | "value" | "form" | "function" | "batch" | "count" | "commitment" | "record"} Flaw
 */

/** @param {string} type */
export const kindOf = (type) => DOCUMENT_KIND[type] ?? KINDS.DOCUMENT;

/** The record of a paper. @param {string} type @param {string} issuedAt ISO 8601 @param {string} digest @returns {PaperRecord} */
export const recordOf = (type, issuedAt, digest) => ({
  kind: kindOf(type), occurredAt: Math.floor(Date.parse(issuedAt) / 1000), digest,
});

/** Its 44 bytes; a paper's record names no place. @param {PaperRecord} record */
export const packRecord = ({ kind, occurredAt, digest }) =>
  number(kind, 1) + number(occurredAt, 5) + number(0, 6) + digest;

/** @param {string} hex */
const padded = (hex) => hex.padEnd(Math.ceil(hex.length / WORD) * WORD, "0");

/** What append(batchId, records) takes. @param {string} batchId @param {string} records */
export const appendData = (batchId, records) =>
  `0x${APPEND}${batchId}${OFFSET}${number(records.length / 2, 32)}${padded(records)}`;

/**
 * What is wrong with a transaction that somebody else built; "" when it appends exactly the
 * record to exactly the batch and does nothing else.
 *
 * @param {Transaction} transaction
 * @param {{ contract: string, batchId: string, record: PaperRecord }} wanted hexadecimal without 0x
 * @returns {Flaw}
 */
export function findFlaw({ to, data, value }, { contract, batchId, record }) {
  if (typeof to !== "string" || to.toLowerCase() !== `0x${contract}`) return "to";
  if (value !== undefined && Number(value) !== 0) return "value";
  if (typeof data !== "string" || !/^0x(?:[0-9a-f]{2})+$/i.test(data)) return "form";
  const own = packRecord(record);
  const given = data.toLowerCase();
  if (given === appendData(batchId, own)) return "";
  const digits = given.slice(2);
  if (digits.slice(0, SELECTOR_DIGITS) !== APPEND) return "function";
  const words = digits.slice(SELECTOR_DIGITS);
  if (words.slice(0, WORD) !== batchId) return "batch";
  if (words.slice(WORD, 2 * WORD) !== OFFSET) return "form";
  const records = words.slice(3 * WORD);
  if (Number(`0x${words.slice(2 * WORD, 3 * WORD)}`) !== RECORD_DIGITS / 2) return "count";
  if (records.slice(RECORD_DIGITS - record.digest.length, RECORD_DIGITS) !== record.digest) return "commitment";
  return records.slice(0, RECORD_DIGITS) === own ? "form" : "record";
}
