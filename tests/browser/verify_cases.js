// @ts-check
/** Verifies the cases on standard input, a JSON array, and prints what came out of each. */
import { readFileSync } from "node:fs";
import { overall } from "../../scanner_app/protocol.js";
import { verifyBundle } from "../../scanner_app/verify.js";

const outcomes = [];
for (const { bundle, facts, nodeError, asOfUnix, link } of JSON.parse(readFileSync(0, "utf8"))) {
  const checks = await verifyBundle(bundle, facts, { nodeError, asOfUnix, link });
  const rows = checks.map((one) => [one.step, one.name, one.status, one.subject, one.key, one.params]);
  outcomes.push({ overall: overall(checks), checks: rows });
}
console.log(JSON.stringify(outcomes));
