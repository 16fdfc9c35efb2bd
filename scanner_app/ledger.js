// @ts-check
/**
 * The ledger's exact bytes: batch ids, heads, records (twin of tracer/domain/records.py and
 * replay.py). Bytes are lower-case hexadecimal text, which is also how they travel and compare.
 */
import { INDEPENDENT, KINDS, WHILE_HELD, kindName } from "./kinds.js";

/** Hexadecimal digits of one record: 44 bytes. */
export const RECORD_DIGITS = 88;

/** A record may be dated this far ahead of its block (BatchLedger.MAX_CLOCK_DRIFT). */
export const MAX_CLOCK_DRIFT_S = 120;

/**
 * @typedef {{ position: number, sequence: number, kind: number, occurredAt: number,
 *   location: string | null, digest: string, gln: string, recordedAt: number }} RecordRow
 * @typedef {{ sequence: number, gln: string, recordedAt: number, head: string, records: string }} Append
 * @typedef {Append & { blockNumber: number, blockHash: string, transactionHash: string,
 *   logIndex: number }} AppendRow
 * @typedef {{ holds: Map<string, RecordRow>, holdRound: number, recalled: boolean,
 *   refused: [RecordRow, string][] }} LedgerState
 */

/** A whole number as so many bytes, big-endian. @param {number} value @param {number} size */
export const number = (value, size) => value.toString(16).padStart(2 * size, "0");

const PAIRS = Array.from({ length: 256 }, (_, byte) => number(byte, 1));

/** @param {Uint8Array} bytes */
const toHex = (bytes) => Array.from(bytes, (byte) => PAIRS[byte]).join("");

/** @param {string} text */
export const utf8 = (text) => toHex(new TextEncoder().encode(text));

/** @param {BufferSource} bytes */
const digest = async (bytes) => toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));

/** @param {string} text */
export const sha256Text = (text) => digest(new TextEncoder().encode(text));

/** @param {string} hex @returns {Promise<string>} */
export function sha256(hex) {
  const bytes = new Uint8Array(hex.length / 2);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = parseInt(hex.slice(2 * at, 2 * at + 2), 16);
  return digest(bytes);
}

/** Whether a GTIN of 14 digits and a lot have the right form. @param {string} gtin @param {string} lot */
export function areNames(gtin, lot) {
  const sum = [...gtin].reduce((total, digit, at) => total + Number(digit) * (at % 2 ? 1 : 3), 0);
  return /^\d{14}$/.test(gtin) && sum % 10 === 0 && /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}$/.test(lot);
}

/** How checks name a record. @param {RecordRow} record */
export const recordSubject = (record) => `record ${record.position} (${kindName(record.kind)})`;

/** @param {string} gtin @param {string} lot */
export const batchId = (gtin, lot) => sha256Text(`tracer/batch/v1\0${gtin}\0${lot}`);

/** The head of a batch without records. @param {number} chainId @param {string} contract @param {string} id */
export const genesisHead = (chainId, contract, id) =>
  sha256(utf8("tracer/head/v1\0") + number(chainId, 8) + contract + id);

/** The head after one append. @param {string} head @param {Append} append */
export const fold = (head, { gln, recordedAt, records }) =>
  sha256(head + number(Number(gln), 6) + number(recordedAt, 5) + records);

/** The record rows that the appends hold; a trailing part of a record is left out. @param {Append[]} appends */
export function unpack(appends) {
  /** @type {RecordRow[]} */
  const rows = [];
  for (const { sequence, gln, recordedAt, records } of appends) {
    for (let at = 0; at + RECORD_DIGITS <= records.length; at += RECORD_DIGITS) {
      /** @param {number} from @param {number} to */
      const read = (from, to) => parseInt(records.slice(at + from, at + to), 16);
      const place = read(12, 24);
      rows.push({
        position: rows.length,
        sequence,
        kind: read(0, 2),
        occurredAt: read(2, 12),
        location: place ? String(place).padStart(13, "0") : null,
        digest: records.slice(at + 24, at + RECORD_DIGITS),
        gln,
        recordedAt,
      });
    }
  }
  return rows;
}

/** The ledger's error that a record would have met, or "". @param {LedgerState} state @param {string} owner @param {RecordRow} record */
function brokenRule(state, owner, record) {
  const { kind, gln } = record;
  const stands = !WHILE_HELD.includes(kind >> 4) && (state.recalled || state.holds.size > 0);
  if (!(kindName(kind) in KINDS)) return "UnknownKind";
  if (record.occurredAt > record.recordedAt + MAX_CLOCK_DRIFT_S) return "OccurredInFuture";
  if (INDEPENDENT.includes(kind >> 4) && gln === owner) return "OwnerNotIndependent";
  if (stands) return state.recalled ? "BatchRecalled" : "BatchOnHold";
  if (kind === KINDS.HOLD && state.holds.has(gln)) return "AlreadyHolder";
  return kind === KINDS.RELEASE && !state.holds.has(gln) ? "NotHolder" : "";
}

/** What the records amount to, and which of them the ledger would have refused. @param {string} owner @param {RecordRow[]} records */
export function replay(owner, records) {
  /** @type {LedgerState} */
  const state = { holds: new Map(), holdRound: 0, recalled: false, refused: [] };
  for (const record of records) {
    const rule = brokenRule(state, owner, record);
    if (rule) state.refused.push([record, rule]);
    else if (record.kind === KINDS.HOLD) state.holds.set(record.gln, record);
    else if (record.kind === KINDS.RELEASE) state.holds.delete(record.gln);
    else if (record.kind === KINDS.RECALL) state.recalled = true;
    else if (record.kind === KINDS.HOLD_OVERRIDE) {
      state.holds.clear();
      state.holdRound += 1;
    }
  }
  return state;
}
