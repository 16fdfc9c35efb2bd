// @ts-check
/**
 * Work that is not finished, kept for this tab alone (sessionStorage): it survives a reload and an
 * expired session, and ends with the tab or at sign-out. It holds confidential values and salts,
 * so it is never put where other tabs or later visitors could read it.
 */

const PREFIX = "tracer:desk:draft:";

/**
 * @typedef {{ id: string, gln: string, gtin: string, lot: string, type: string, fileName: string,
 *   fileSize: number, file: string, stage: "form" | "signed" | "stated" | "sent",
 *   reading: import("./form-rules.js").Read[], notes: import("./api.js").Note[],
 *   texts: Record<string, string>,
 *   sealed?: import("./paper.js").Sealed, statement?: import("./statement.js").Statement,
 *   issuedAt?: string, signature?: string, transaction?: { to: string, data: string }, txHash?: string }} Draft
 *   `file` is the file's SHA-256, `issuedAt` the paper's own once it is sealed
 */

/** @param {Storage} store */
const keys = (store) => Object.keys(store).filter((key) => key.startsWith(PREFIX));

/** @param {Draft} draft @param {Storage} [store] */
export function saveDraft(draft, store = sessionStorage) {
  store.setItem(PREFIX + draft.id, JSON.stringify(draft));
}

/** @param {string} id @param {Storage} [store] @returns {Draft | null} */
export function loadDraft(id, store = sessionStorage) {
  const text = store.getItem(PREFIX + id);
  return text ? JSON.parse(text) : null;
}

/** @param {string} id @param {Storage} [store] */
export function dropDraft(id, store = sessionStorage) {
  store.removeItem(PREFIX + id);
}

/** Ends all work: at sign-out, or when somebody else signs in. @param {string} [keepGln] @param {Storage} [store] */
export function clearDrafts(keepGln = "", store = sessionStorage) {
  for (const key of keys(store)) {
    const { gln } = JSON.parse(store.getItem(key) ?? "{}");
    if (gln !== keepGln) store.removeItem(key);
  }
}
