// @ts-check
/** Verifies the bundle on standard input as the page does, against a real node. */
import { readFileSync } from "node:fs";
import { fetchFacts } from "../../scanner_app/chain.js";
import { verifyBundle } from "../../scanner_app/verify.js";

const { node, bundle, finality, asOfUnix, link } = JSON.parse(readFileSync(0, "utf8"));
let facts = null;
let nodeError = "";
try {
  facts = await fetchFacts(node, bundle, { finality });
} catch (error) {
  nodeError = error instanceof Error ? error.message : String(error);
}
const checks = await verifyBundle(bundle, facts, { nodeError, asOfUnix, link });
console.log(JSON.stringify({ facts, nodeError, checks }));
