// @ts-check
/** Rules of papers, as in tracer/rules/papers.json; tests/browser/rules.test.js keeps the two equal. */

/** @typedef {{ code: string, validFrom: string, registrationRenewsItself: boolean }} Pack */

/** What the law said, the oldest first. @type {Pack[]} */
export const PACKS = [
  { code: "GACC-248", validFrom: "2022-01-01", registrationRenewsItself: false },
  { code: "GACC-280", validFrom: "2026-06-01", registrationRenewsItself: true },
];

export const TOLERANCES = {
  netPct: 0.5, grossPct: 1, certifiedPct: 0.5, maxGrossPerNet: 2, minShelfLifeMonths: 3,
  originGraceDays: 3, dryGain: 1.02, fill: 1.005, placeKm: 5, portKm: 120,
};

export const PATTERNS = {
  declaration: "^\\d{4}20\\d{2}1\\d{9}$",
  formula: "^国食注字YP20\\d{2}\\d{4}$",
  hs: "^1901101090$",
  manufacturer: "^C[A-Z]{3}\\d{14}$|^[A-Z0-9]{3,20}$",
};

/** @type {Record<string, string>} */
export const CIQ_SUFFIX_OF_STAGE = { 1: "101", 2: "102", 3: "103" };

/** @type {Record<string, string>} */
export const AGE_OF_STAGE = { 1: "0-6", 2: "6-12", 3: "12-36" };

/** @type {Record<string, string>} */
export const COUNTRY_OF_MAKER = {
  ARG: "AR", AUS: "AU", AUT: "AT", BEL: "BE", CAN: "CA", CHE: "CH", DEU: "DE", DNK: "DK",
  ESP: "ES", FIN: "FI", FRA: "FR", GBR: "GB", IRL: "IE", ITA: "IT", JPN: "JP", KOR: "KR",
  NLD: "NL", NZL: "NZ", POL: "PL", PRT: "PT", SGP: "SG", SWE: "SE", USA: "US",
};

/** Degrees north and east. @type {Record<string, number[]>} */
export const PORTS = {
  CNNGB: [29.87, 121.55], CNSHA: [31.23, 121.47], CNTXG: [39.02, 117.72],
  IEDUB: [53.33, -6.25], NLRTM: [51.92, 4.48], NZTRG: [-37.68, 176.17],
};

/** Outermost degrees south, west, north and east of a country. @type {Record<string, number[]>} */
export const COUNTRY_BOXES = {
  AT: [46.3, 9.4, 49.1, 17.2], AU: [-44.2, 112.8, -9.9, 154.1], BE: [49.4, 2.4, 51.6, 6.5],
  CH: [45.7, 5.8, 47.9, 10.6], CN: [17.8, 73.4, 53.7, 135.2], DE: [47.1, 5.7, 55.2, 15.2],
  DK: [54.4, 7.9, 57.9, 15.3], ES: [27.5, -18.3, 43.9, 4.4], FI: [59.6, 19.3, 70.2, 31.7],
  FR: [41.2, -5.3, 51.2, 9.7], GB: [49.7, -8.8, 61, 2], IE: [51.3, -10.8, 55.5, -5.8],
  IT: [35.3, 6.5, 47.2, 18.7], NL: [50.6, 3.2, 53.8, 7.3], NZ: [-47.5, 166.2, -34.2, 178.8],
  PL: [48.9, 14, 55, 24.3], SE: [55.2, 10.8, 69.2, 24.3], SG: [1.1, 103.5, 1.6, 104.2],
};

/** Types that others may record too; then they are shown as unverified. */
export const OPEN_ISSUERS = ["CARBON_FOOTPRINT", "CSR_REPORT", "TEMPERATURE_LOG"];

/** Names of the roles that may issue a paper. @type {Record<string, string[]>} */
export const ISSUER_ROLES = {
  CUSTOMS_DECLARATION: ["BROKER", "IMPORTER", "MANUFACTURER"],
  CBEC_LIST: ["BROKER", "IMPORTER", "CUSTOMS"],
  CERTIFICATE_OF_ORIGIN: ["AUTHORITY"],
  HEALTH_CERTIFICATE: ["AUTHORITY"],
  CIQ_CERTIFICATE: ["CUSTOMS"],
  BILL_OF_LADING: ["CARRIER"],
  PACKING_LIST: ["MANUFACTURER", "WAREHOUSE", "CARRIER"],
  COMMERCIAL_INVOICE: ["MANUFACTURER", "IMPORTER"],
  LAB_REPORT: ["LABORATORY"],
  FORMULA_REGISTRATION: ["AUTHORITY"],
  MANUFACTURER_REGISTRATION: ["AUTHORITY", "CUSTOMS"],
  HALAL: ["AUTHORITY", "INSPECTOR"],
  ORGANIC: ["AUTHORITY", "INSPECTOR"],
  TEMPERATURE_LOG: ["CARRIER", "WAREHOUSE", "MANUFACTURER", "IMPORTER"],
  CSR_REPORT: ["MANUFACTURER", "IMPORTER", "RETAILER", "INSPECTOR"],
  CARBON_FOOTPRINT: ["MANUFACTURER", "INSPECTOR"],
  PRODUCT: ["MANUFACTURER"],
};

/** Roles as bits (tracer/domain/kinds.py). @type {Record<string, number>} */
export const ROLES = {
  SUPPLIER: 0x001, MANUFACTURER: 0x002, LABORATORY: 0x004, INSPECTOR: 0x008, AUTHORITY: 0x010,
  CUSTOMS: 0x020, BROKER: 0x040, CARRIER: 0x080, WAREHOUSE: 0x100, IMPORTER: 0x200,
  RETAILER: 0x400, DISPOSER: 0x800,
};

/** A value of a table; undefined for a key that the table does not have. @template T @param {Record<string, T>} table @param {string} key @returns {T | undefined} */
export const lookUp = (table, key) => (Object.hasOwn(table, key) ? table[key] : undefined);

/** The rules of the day of a declaration; the newest without one. @param {string} declaredOn @returns {Pack} */
export function choosePack(declaredOn) {
  const inForce = PACKS.filter((pack) => !declaredOn || pack.validFrom <= declaredOn);
  return inForce.at(-1) ?? PACKS[0];
}
