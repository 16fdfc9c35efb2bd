// @ts-check
/**
 * From a filled-in form to a record on the ledger: seal, sign, hand to the desk, look at the
 * transaction that the desk names, let the wallet send it, follow it. Each step is kept in the
 * draft, so that whatever breaks off goes on from there.
 */
import { DeskError, ask } from "./api.js";
import { saveDraft } from "./drafts.js";
import { drawSalts, sealPaper } from "./paper.js";
import { findFlaw, recordOf } from "./record.js";
import { buildStatement, typedData } from "./statement.js";
import { sendTransaction, signTyped, useChain, wasRefused } from "./wallet.js";
import { DOC_TYPES } from "../documents.js";
import { batchId } from "../hashes.js";

/**
 * @typedef {import("./context.js").App} App
 * @typedef {import("./drafts.js").Draft} Draft
 * @typedef {{ state: string, reasons?: import("./batch.js").Reason[] }} Followed
 */

const POLL_MS = 2000;

/** The desk named a transaction that is not ours; `flaw` says in what it differs. */
export class ForeignTransactionError extends Error {
  /** @param {string} flaw */
  constructor(flaw) {
    super(`the desk's transaction is not the one that was signed for: ${flaw}`);
    this.flaw = flaw;
  }
}

/** Draw salts, commit, and write the statement; nothing has left this device yet. @param {App} app @param {Draft} draft @param {import("./paper.js").Paper} paper */
export async function seal(app, draft, paper) {
  const id = await batchId(draft.gtin, draft.lot);
  const scope = { chainId: app.chainId, contract: app.contract, batchId: id };
  const sealed = await sealPaper(paper, scope, drawSalts(paper));
  const about = { batchId: id, docType: DOC_TYPES.indexOf(draft.type), nowUnix: Math.floor(Date.now() / 1000) };
  Object.assign(draft, { sealed, statement: await buildStatement(sealed, about), issuedAt: paper.issuedAt });
  saveDraft(draft);
}

/** What is to be signed. @param {App} app @param {Draft} draft */
export function toSign(app, { statement }) {
  if (!statement) throw new Error("the paper is not sealed");
  return typedData(statement, { chainId: app.chainId, contract: app.contract, origin: location.origin });
}

/** @param {App} app @param {Draft} draft @returns {Promise<string>} */
export const signWithWallet = async (app, draft) => {
  await useChain(app.chainId);
  return signTyped(await toSign(app, draft), app.session.address);
};

/**
 * Hand view, statement and signature to the desk. They are kept first: an answer that is lost
 * leaves a commitment that stands, and only the same one may follow it.
 *
 * @param {Draft} draft
 * @param {string} [signature]
 */
export async function state(draft, signature = draft.signature) {
  Object.assign(draft, { stage: "signed", signature });
  saveDraft(draft);
  try {
    const body = { view: draft.sealed?.full, statement: draft.statement, signature };
    const { transaction } = await ask("PUT", `/v1/documents/${draft.id}/statement`, body);
    Object.assign(draft, { stage: "stated", transaction });
  } catch (error) {
    const isRefused = error instanceof DeskError && error.status < 500 && !error.isSessionOver;
    if (isRefused) draft.stage = "form";
    throw error;
  } finally {
    saveDraft(draft);
  }
}

/** The desk's transaction, once it is known to append our commitment to our batch and nothing else. @param {App} app @param {Draft} draft */
export async function checkedTransaction(app, draft) {
  const { transaction, sealed, issuedAt = "", type } = draft;
  if (!transaction || !sealed) throw new Error("the paper is not stated");
  const record = recordOf(type, issuedAt, sealed.commitment);
  const wanted = { contract: app.contract, batchId: await batchId(draft.gtin, draft.lot), record };
  const flaw = findFlaw(transaction, wanted);
  if (flaw) throw new ForeignTransactionError(flaw);
  return { to: transaction.to, data: transaction.data };
}

/** Let the wallet send it. @param {App} app @param {Draft} draft */
export async function sendWithWallet(app, draft) {
  const transaction = await checkedTransaction(app, draft);
  await useChain(app.chainId);
  const txHash = await sendTransaction({ from: app.session.address, ...transaction });
  Object.assign(draft, { stage: "sent", txHash });
  saveDraft(draft);
}

/**
 * Wait until the mirror shows the record; calls back with each state on the way.
 *
 * @param {App} app
 * @param {Draft} draft
 * @param {(followed: Followed & { isRefused: boolean }) => boolean} onState returns whether to go on
 */
export async function follow(app, draft, onState) {
  while (!app.signal.aborted) {
    const found = await ask("GET", `/v1/documents/${draft.id}`);
    const isRefused = draft.txHash ? (await wasRefused(draft.txHash).catch(() => null)) === true : false;
    if (app.signal.aborted || !onState({ ...found, isRefused })) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
