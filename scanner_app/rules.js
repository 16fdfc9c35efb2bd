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
  AEJEA: [25, 55.06], ARBUE: [-34.58, -58.37], AUADL: [-34.78, 138.5], AUBNE: [-27.38, 153.17],
  AUBWT: [-41.05, 145.91], AUFRE: [-32.05, 115.74], AUMEL: [-37.82, 144.93], AUSYD: [-33.97, 151.2],
  BEANR: [51.3, 4.3], BEZEE: [51.33, 3.2], CAHAL: [44.65, -63.58], CAMTR: [45.55, -73.52],
  CAPRR: [54.3, -130.33], CAVAN: [49.29, -123.1], CNBHY: [21.48, 109.08], CNCAN: [23.1, 113.43],
  CNDLC: [38.93, 121.65], CNFOC: [26.05, 119.3], CNHAK: [20.03, 110.27], CNLYG: [34.75, 119.45],
  CNNGB: [29.87, 121.55], CNNKG: [32.08, 118.75], CNNSA: [22.65, 113.62], CNNTG: [32, 120.82],
  CNQZH: [21.75, 108.62], CNQZJ: [24.88, 118.68], CNRZH: [35.38, 119.55], CNSHA: [31.23, 121.47],
  CNSHK: [22.48, 113.9], CNSWA: [23.35, 116.68], CNTAG: [31.63, 121.1], CNTAO: [36.07, 120.32],
  CNTXG: [39.02, 117.72], CNWEI: [37.5, 122.1], CNWNZ: [28, 120.65], CNXMN: [24.45, 118.08],
  CNYIK: [40.68, 122.23], CNYNT: [37.55, 121.38], CNYTN: [22.57, 114.27], CNZHA: [21.2, 110.4],
  CNZJG: [31.95, 120.4], CNZOS: [30, 122.1], CNZUH: [22.27, 113.57], DEBRV: [53.58, 8.55],
  DEHAM: [53.54, 9.97], DEWVN: [53.59, 8.15], DKAAR: [56.15, 10.23], DKCPH: [55.7, 12.6],
  DKFRC: [55.56, 9.75], ESALG: [36.13, -5.43], ESBCN: [41.35, 2.16], ESBIO: [43.35, -3.05],
  ESVLC: [39.44, -0.31], FIHEL: [60.2, 25.19], FIKTK: [60.43, 26.95], FRDKK: [51.03, 2.2],
  FRFOS: [43.4, 4.9], FRLEH: [49.48, 0.12], FRMRS: [43.33, 5.33], GBBEL: [54.62, -5.9],
  GBFXT: [51.95, 1.3], GBLGP: [51.5, 0.48], GBLIV: [53.45, -3.02], GBSOU: [50.9, -1.43],
  GRPIR: [37.94, 23.62], HKHKG: [22.3, 114.17], IEDUB: [53.33, -6.25], IEORK: [51.84, -8.29],
  IEWAT: [52.27, -7], INNSA: [18.95, 72.95], ITGIT: [38.45, 15.9], ITGOA: [44.4, 8.92],
  ITLIV: [43.55, 10.3], ITTRS: [45.64, 13.76], JPNGO: [35.05, 136.85], JPOSA: [34.64, 135.42],
  JPTYO: [35.62, 139.78], JPUKB: [34.67, 135.2], JPYOK: [35.45, 139.65], KRINC: [37.45, 126.6],
  KRPUS: [35.1, 129.05], LKCMB: [6.95, 79.85], MOMFM: [22.2, 113.55], MYPKG: [3, 101.4],
  MYTPP: [1.36, 103.55], NLAMS: [52.4, 4.8], NLRTM: [51.92, 4.48], NLVLI: [51.45, 3.6],
  NOOSL: [59.9, 10.75], NZAKL: [-36.84, 174.77], NZBLU: [-46.6, 168.33], NZLYT: [-43.6, 172.72],
  NZNPE: [-39.48, 176.92], NZNPL: [-39.06, 174.04], NZNSN: [-41.27, 173.28], NZPOE: [-45.82, 170.62],
  NZTIU: [-44.4, 171.25], NZTRG: [-37.68, 176.17], NZWLG: [-41.28, 174.78], PLGDN: [54.4, 18.68],
  PLGDY: [54.53, 18.53], PTLIS: [38.7, -9.15], PTSIE: [37.95, -8.87], SEGOT: [57.69, 11.85],
  SGSIN: [1.27, 103.83], SIKOP: [45.55, 13.73], THLCH: [13.08, 100.9], TWKEL: [25.13, 121.75],
  TWKHH: [22.62, 120.27], TWTXG: [24.27, 120.52], USCHS: [32.8, -79.93], USHOU: [29.73, -95],
  USLAX: [33.73, -118.26], USLGB: [33.75, -118.2], USNYC: [40.68, -74.05], USOAK: [37.8, -122.3],
  USSAV: [32.12, -81.13], USSEA: [47.58, -122.35], UYMVD: [-34.9, -56.2], VNHPH: [20.86, 106.68],
  VNSGN: [10.77, 106.7], ZADUR: [-29.87, 31.03],
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
