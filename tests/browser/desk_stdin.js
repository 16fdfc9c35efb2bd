// @ts-check
/** Seals the papers on standard input as the brokers' page does. */
import { readFileSync } from "node:fs";
import { canonicalText } from "../../scanner_app/desk/canonical.js";
import { sealPaper } from "../../scanner_app/desk/paper.js";
import { appendData, packRecord, recordOf } from "../../scanner_app/desk/record.js";

const results = [];
for (const { paper, scope, salts } of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    const sealed = await sealPaper(paper, scope, salts);
    const record = packRecord(recordOf(paper.type, paper.issuedAt, sealed.commitment));
    results.push({ ...sealed, record, data: appendData(scope.batchId, record) });
  } catch (error) {
    results.push({ error: error instanceof Error ? error.constructor.name : String(error) });
  }
}
console.log(canonicalText(results));
