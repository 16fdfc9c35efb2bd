// @ts-check
/**
 * What a record can say and who may say it: the same table as tracer/domain/kinds.py and
 * contracts/libraries/Kinds.sol; tests/vectors/kinds.json keeps the three equal.
 */

/** @type {Record<string, number>} */
export const KINDS = {
  MILK_COLLECTION: 0x11, MILK_RECEIPT: 0x21, MATERIAL_RECEIPT: 0x22, WET_PROCESS: 0x23,
  DRY_BLEND: 0x24, CANNING: 0x25, PACK_AGGREGATE: 0x26, LAB_SAMPLING: 0x27, FACTORY_RELEASE: 0x28,
  SERIALS: 0x29, LAB_RESULT: 0x31, LAB_REPORT: 0x32, EXPORT_CERTIFICATION: 0x41, CERTIFICATE: 0x42,
  HOLD_OVERRIDE: 0x43, EXPORT_DECLARATION: 0x51, IMPORT_DECLARATION: 0x52, CUSTOMS_RELEASE: 0x53,
  CLEARANCE_CLAIM: 0x54, CIQ_INSPECTION: 0x61, CLEARANCE_CONFIRMATION: 0x62, CUSTOMS_DOCUMENT: 0x63,
  CONTAINER_LOADING: 0x71, DEPARTURE: 0x72, TRANSPORT_CONDITION: 0x73, ARRIVAL: 0x74, UNLOAD: 0x75,
  WAREHOUSE_RECEIPT: 0x76, DISTRIBUTION: 0x77, TELEMETRY: 0x78, RETAIL_RECEIPT: 0x81, SALE: 0x82,
  SCAN: 0x83, DOCUMENT: 0x91, INSPECTION: 0xa1, HOLD: 0xb1, RELEASE: 0xb2, RECALL: 0xc1,
  DESTRUCTION: 0xd1, CORRECTION: 0xe1, SUPERSEDE: 0xe2,
};

/** Roles, as bits, of which the writer of a class needs one; the index is the class. */
export const CLASS_ROLES = [
  0, 0x003, 0x002, 0x004, 0x010, 0x242, 0x020, 0x382, 0x400, 0xfff, 0x008, 0x7be, 0x212, 0xf12, 0xfff,
];

/** Classes that the batch's owner never writes itself. */
export const INDEPENDENT = [0x3, 0x4, 0x6, 0xa];

/** Classes that pass while a batch is on hold or recalled; goods do not move. */
export const WHILE_HELD = [0x3, 0x4, 0x6, 0xa, 0xb, 0xc, 0xd, 0xe];

/** Kinds whose digest is a document's commitment. */
export const DOCUMENT_KINDS = [0x32, 0x42, 0x54, 0x62, 0x63, 0x91];

/** Kinds whose digest pins what no bundle carries: a tree, a raw log, a report. */
export const DIGEST_ONLY = [KINDS.SERIALS, KINDS.TELEMETRY, KINDS.INSPECTION];

/** Kinds whose content is a statement of any form, not an EPCIS event. */
export const STATEMENTS = [KINDS.CORRECTION, KINDS.SUPERSEDE, KINDS.HOLD_OVERRIDE, KINDS.SCAN];

/** @type {Record<number, string>} */
const NAMES = Object.fromEntries(Object.entries(KINDS).map(([name, kind]) => [kind, name]));

/** Name of a kind, or its byte when it is unknown. @param {number} kind */
export const kindName = (kind) => NAMES[kind] ?? `0x${kind.toString(16).padStart(2, "0")}`;
