// @ts-check
/** What a batch's records amount to (twin of tracer/domain/replay.py). */
import { RECORD_DIGITS } from "./hashes.js";
import { INDEPENDENT, KINDS, WHILE_HELD, kindName } from "./kinds.js";

/** A record may be dated this far ahead of its block (BatchLedger.MAX_CLOCK_DRIFT). */
export const MAX_CLOCK_DRIFT_S = 120;

/**
 * @typedef {import("./hashes.js").Append} Append
 * @typedef {{ position: number, sequence: number, kind: number, occurredAt: number,
 *   location: string | null, digest: string, gln: string, recordedAt: number }} RecordRow
 * @typedef {Append & { head: string, blockNumber: number, blockHash: string, transactionHash: string,
 *   logIndex: number }} AppendRow
 * @typedef {{ holds: Map<string, RecordRow>, holdRound: number, recalled: boolean,
 *   refused: [RecordRow, string][] }} LedgerState
 */

/** How checks name a record. @param {RecordRow} record */
export const recordSubject = (record) => `record ${record.position} (${kindName(record.kind)})`;

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
