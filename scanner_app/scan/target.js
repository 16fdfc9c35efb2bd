// @ts-check
/** Where a code's text leads: only ever to a tin's page on the server that this page came from. */

/** A Digital Link's path: GTIN, then variant, lot, serial or third-party serial; or its compressed form. */
const LINK = /^\/01\/\d{8,14}(?:\/(?:22|10|21|235)\/[^/]+)*\/?$|^\/[\w-]{12,}$/;

/** What a code under the seal carries behind the #; it never reaches a server's log. */
const INNER = /^#open=[\w-]{4,64}$/;

/**
 * @param {string} text of a code
 * @param {string[]} hosts whose codes are ours
 * @returns {{ path: string } | { host: string } | null} a path on our own origin; a host that is
 *   not ours and must not be opened; or null, when the text is no address of a tin
 */
export function targetOf(text, hosts) {
  let url;
  try {
    url = new URL(text.trim());
  } catch {
    return null;
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return null;
  if (!hosts.includes(url.host)) return { host: url.host };
  return LINK.test(url.pathname) ? { path: url.pathname + (INNER.test(url.hash) ? url.hash : "") } : null;
}
