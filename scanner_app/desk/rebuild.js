// @ts-check
/** Work that was begun elsewhere, or before this tab: a draft out of what the desk holds. */
import { ask } from "./api.js";
import { ON_LEDGER } from "./batch.js";
import { saveDraft } from "./drafts.js";
import { firstTexts, inputText } from "./form-rules.js";
import { specsOf } from "./paper-form.js";
import { appendData, packRecord, recordOf } from "./record.js";
import { commitment, parseView } from "../documents.js";

/**
 * @typedef {import("./context.js").App} App
 * @typedef {import("./drafts.js").Draft} Draft
 */

/** @param {App} app @param {import("./context.js").BatchName} batch @param {string} id @returns {Promise<Draft>} */
export async function rebuildDraft(app, batch, id) {
  const found = await ask("GET", `/v1/documents/${id}`);
  const { type, state, reading = [], fileName = "", size = 0, receipt = {} } = found;
  /** @type {Draft} */
  const draft = {
    id, ...batch, type, gln: app.session.gln, fileName, fileSize: size, file: receipt.sha256 ?? "", stage: "form",
    reading, notes: found.report?.notes ?? [], texts: firstTexts(specsOf(app, type), reading),
  };
  if (state !== "UPLOADED") await readStated(app, draft);
  if (ON_LEDGER.includes(state)) draft.stage = "sent";
  saveDraft(draft);
  return draft;
}

/** A paper that was stated here may have been sent from elsewhere: it is not sent twice. @param {Draft} draft */
export async function catchUp(draft) {
  if (draft.stage !== "stated") return;
  const { state } = await ask("GET", `/v1/documents/${draft.id}`);
  if (!ON_LEDGER.includes(state)) return;
  draft.stage = "sent";
  saveDraft(draft);
}

/** What was stated stands: the record follows from the full view alone. @param {App} app @param {Draft} draft */
async function readStated(app, draft) {
  const answer = await ask("GET", `/v1/documents/${draft.id}/view`);
  const full = typeof answer === "string" ? answer : answer.view;
  const view = parseView(full);
  if (!view) throw new Error("the desk's view of the paper is not spelled as views are");
  const values = Object.fromEntries(Object.entries(view.texts).map(([name, text]) => [name, JSON.parse(text)]));
  const digest = await commitment(view, app.chainId, app.contract);
  const issuedAt = String(values.issuedAt);
  const record = packRecord(recordOf(view.type, issuedAt, digest));
  for (const spec of specsOf(app, draft.type)) draft.texts[spec.name] = inputText(spec, values[spec.name]);
  Object.assign(draft, {
    stage: "stated", issuedAt, sealed: { full, shown: "", openFields: [], commitment: digest },
    transaction: { to: `0x${app.contract}`, data: appendData(view.batchId, record) },
  });
}
