// @ts-check
/** Runs the first check on the cases on standard input, a JSON array, and prints what came out of each. */
import { readFileSync } from "node:fs";
import { verifyCore } from "../../scanner_app/core-check.js";

const outcomes = [];
for (const { core, tin, facts, ...options } of JSON.parse(readFileSync(0, "utf8"))) {
  const checks = await verifyCore(core, tin, facts, options);
  outcomes.push(checks.map((one) => [one.step, one.name, one.status, one.subject, one.key, one.params]));
}
console.log(JSON.stringify(outcomes));
