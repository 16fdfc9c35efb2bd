// @ts-check
/** The strict form of a bundle (twin of tracer/domain/rows.py): known members, exact types. */
import { APPEND, HEADING, PARTY, fits } from "./shape.js";

const LOG = { blockNumber: "n", blockHash: 64, transactionHash: 64, logIndex: "n" };

/** @type {import("./shape.js").Form} */
const BUNDLE = {
  format: "tracer-bundle/2",
  ...HEADING,
  appends: [{ ...APPEND, ...LOG }],
  records: [{
    position: "n", sequence: "n", kind: "n", occurredAt: "n", location: "?g", digest: 64, gln: "g",
    recordedAt: "n",
  }],
  contents: [64, "t"],
  documents: [64, "t"],
  parties: ["g", { profile: "t", ...PARTY }],
  tin: "?",
  others: [64, { gtin: "t", lot: "t", view: "t" }],
  bans: ["g", "n"],
  warnings: ["t"],
};

/** Whether a value is a bundle in form; says nothing about what it claims. @param {unknown} value */
export const isWellFormed = (value) => fits(value, BUNDLE);
