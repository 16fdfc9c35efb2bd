// @ts-check
/**
 * Keeps what was opened on this device, so that it opens again without a connection. The work is
 * done by sw.js, which the browser runs beside all pages of this server; nothing leaves the device.
 */

/** The cache, and what stands in it; sw.js, which can import nothing, has the same names. */
export const TINS = "tracer-tins-1";
export const INDEX = "/offline/index.json";

/** What may be kept besides pages: what they lack, proofs, and scripts whose address holds their digest. */
const PARTS = /^\/(?:app|scan)\/[0-9a-f]{16}\/|^\/v1\/batches\/[^?]+\/(?:core|bundle)(?:\?|$)|^\/01\/[^?]+\?lang=..&view=all$/;

/** What this page has loaded from its own server, as far as it may be kept. */
function loaded() {
  const urls = performance.getEntriesByType("resource").map(({ name }) => new URL(name));
  const ours = urls.filter(({ origin }) => origin === location.origin);
  return ours.map(({ pathname, search }) => pathname + search).filter((one) => PARTS.test(one));
}

/**
 * Have this page kept, with what it has loaded. A browser that cannot, or must not, just does not.
 *
 * @param {string[]} [more] addresses on this server that it will need besides
 */
export async function keep(more = []) {
  if (!globalThis.isSecureContext || !navigator.serviceWorker) return;
  try {
    const { active } = await navigator.serviceWorker.register("/sw.js").then(() => navigator.serviceWorker.ready);
    const { lang, title } = { lang: document.documentElement.lang, title: document.title };
    active?.postMessage({ page: location.href, parts: [...loaded(), ...more], lang, title });
  } catch {
    // Private windows and strict settings forbid it; the page works without.
  }
}

/** For a tin's page, once it has come to a conclusion and has nothing more urgent to load. */
export const registerOffline = () => keep();
