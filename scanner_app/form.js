// @ts-check
/** The strict form of a bundle (twin of tracer/domain/rows.py): known members, exact types. */

/**
 * A member's form: a number is so many hexadecimal digits (0: any even number of them), "n" a
 * whole number, "g" 13 digits, "t" text, "b" a boolean; an object has exactly its members; a list
 * of one form is an array of it, of two forms an object with keys of the first.
 *
 * @typedef {number | string | [Form] | [Form, Form] | { [name: string]: Form }} Form
 */

const LOG = { blockNumber: "n", blockHash: 64, transactionHash: 64, logIndex: "n" };

/** @type {Form} */
const BUNDLE = {
  format: "f",
  chain: { chainId: "n", contract: 40, genesisHash: 64, deployBlock: "n" },
  mirror: { blockNumber: "n", blockHash: 64, blockTime: "n" },
  batch: {
    batchId: 64, gtin: "t", lot: "t", owner: "g", head: 64, holds: "n", holdRound: "n",
    recalled: "b", sequence: "n", ...LOG,
  },
  appends: [{ sequence: "n", gln: "g", recordedAt: "n", head: 64, records: 0, ...LOG }],
  records: [{
    position: "n", sequence: "n", kind: "n", occurredAt: "n", location: "?g", digest: 64, gln: "g",
    recordedAt: "n",
  }],
  contents: [64, "t"],
  documents: [64, "t"],
  parties: ["g", {
    profile: "t", profileDigest: 64, roles: "n", status: "n", admin: 40, distrustFrom: "n",
  }],
  tin: "?",
  others: [64, { gtin: "t", lot: "t", view: "t" }],
  bans: ["g", "n"],
  warnings: ["t"],
};

/** @type {Form} */
const TIN = { serial: "t", index: "n", size: "n", proof: [64], root: 64 };

/** @type {Record<string, (value: unknown) => boolean>} */
const PLAIN = {
  n: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  g: (value) => typeof value === "string" && /^\d{13}$/.test(value),
  "?g": (value) => value === null || PLAIN.g(value),
  t: (value) => typeof value === "string",
  b: (value) => typeof value === "boolean",
  f: (value) => value === "tracer-bundle/2",
  "?": (value) => value === null || fits(value, TIN),
};

/** @param {any} value @param {Form} form @returns {boolean} */
function fits(value, form) {
  if (typeof form === "string") return PLAIN[form](value);
  if (typeof form === "number") {
    const isHex = typeof value === "string" && /^(?:[0-9a-f]{2})*$/.test(value);
    return isHex && (form === 0 || value.length === form);
  }
  if (Array.isArray(form) && form.length === 1) {
    return Array.isArray(value) && value.every((one) => fits(one, form[0]));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  if (Array.isArray(form)) {
    return Object.entries(value).every(([key, one]) => fits(key, form[0]) && fits(one, form[1]));
  }
  const names = Object.keys(form);
  return Object.keys(value).length === names.length
    && names.every((name) => Object.hasOwn(value, name) && fits(value[name], form[name]));
}

/** Whether a value is a bundle in form; says nothing about what it claims. @param {unknown} value */
export const isWellFormed = (value) => fits(value, BUNDLE);
