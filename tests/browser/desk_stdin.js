// @ts-check
/** Seals the papers on standard input as the brokers' page does. */
import { readFileSync } from "node:fs";
import { canonicalText } from "../../scanner_app/desk/canonical.js";
import { sealPaper } from "../../scanner_app/desk/paper.js";
import { appendData, packRecord, recordOf } from "../../scanner_app/desk/record.js";
import { buildStatement, typedData } from "../../scanner_app/desk/statement.js";
import { DOC_TYPES } from "../../scanner_app/documents.js";

const results = [];
for (const { paper, scope, salts, origin, nowUnix } of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    const sealed = await sealPaper(paper, scope, salts);
    const record = packRecord(recordOf(paper.type, paper.issuedAt, sealed.commitment));
    const about = { batchId: scope.batchId, docType: DOC_TYPES.indexOf(paper.type), nowUnix };
    const typed = await typedData(await buildStatement(sealed, about), { ...scope, origin });
    results.push({ ...sealed, record, data: appendData(scope.batchId, record), typed });
  } catch (error) {
    results.push({ error: error instanceof Error ? error.constructor.name : String(error) });
  }
}
console.log(canonicalText(results));
