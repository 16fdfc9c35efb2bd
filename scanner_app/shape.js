// @ts-check
/** The strict form of what arrives (twin of tracer/domain/columns.py): known members, exact types. */

/**
 * A member's form: a number is so many hexadecimal digits (0: any even number of them), "n" a
 * whole number, "g" 13 digits, "t" text, "b" a boolean; an object has exactly its members; a list
 * of one form is an array of it, of two forms an object with keys of the first. Any other text is
 * exactly that text.
 *
 * @typedef {number | string | [Form] | [Form, Form] | { [name: string]: Form }} Form
 */

/** @type {Form} */
export const TIN = { serial: "t", index: "n", size: "n", proof: [64], root: 64 };

/** What the ledger holds of a party. @type {{ [name: string]: Form }} */
export const PARTY = { profileDigest: 64, roles: "n", status: "n", admin: 40, distrustFrom: "n" };

/** @type {{ [name: string]: Form }} */
export const APPEND = { sequence: "n", gln: "g", recordedAt: "n", head: 64, records: 0 };

const LOG = { blockNumber: "n", blockHash: 64, transactionHash: 64, logIndex: "n" };

/** What a whole bundle and its core begin with. @type {{ [name: string]: Form }} */
export const HEADING = {
  chain: { chainId: "n", contract: 40, genesisHash: 64, deployBlock: "n" },
  mirror: { blockNumber: "n", blockHash: 64, blockTime: "n" },
  batch: {
    batchId: 64, gtin: "t", lot: "t", owner: "g", head: 64, holds: "n", holdRound: "n",
    recalled: "b", sequence: "n", ...LOG,
  },
};

/** @type {Record<string, (value: unknown) => boolean>} */
const PLAIN = {
  n: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  g: (value) => typeof value === "string" && /^\d{13}$/.test(value),
  "?g": (value) => value === null || PLAIN.g(value),
  t: (value) => typeof value === "string",
  b: (value) => typeof value === "boolean",
  "?": (value) => value === null || fits(value, TIN),
};

/** Whether a value has a form. @param {any} value @param {Form} form @returns {boolean} */
export function fits(value, form) {
  if (typeof form === "string") return PLAIN[form]?.(value) ?? value === form;
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
