// @ts-check
/**
 * The service worker: opens passports again when there is no connection, or none to speak of.
 *
 *     a tin's page, our tools    the network, for WAIT_MS; then what is kept, with its age on it
 *     a proof, a whole batch     the same
 *     a script with a digest     what is kept; its address says that it cannot have changed
 *     anything else              never touched: other sites, nodes, photos, counts of scans
 *
 * What is kept changes only when a page asks for it (`keep` in offline.js), after it has worked:
 * page, proof and scripts then belong together. The server puts in the words and the version.
 */

/** @type {{ version: string, shell: string[], words: Record<string, Record<string, string>> }} */
const SERVED = { version: "", shell: [], words: {} };

const TINS = "tracer-tins-1"; // the number changes with the form of what is kept
const SHELL = `tracer-shell-${SERVED.version}`;
const INDEX = "/offline/index.json"; // in the cache only
const FETCHED = "x-tracer-fetched";

/** A shop's network that has not answered by then is as good as none. */
const WAIT_MS = 3_500;

/** What a phone gives us at most: a family's tins for some months. */
const MAX_PAGES = 30;
const MAX_BYTES = 5_000_000;

const PAGES = /^\/01\/|^\/(?:scan|check|offline)$/;
const PROOFS = /^\/v1\/batches\/[^?]+\/(?:core|bundle)(?:\?|$)|^\/01\/[^?]+\?lang=..&view=all$/;
const FIXED = /^\/(?:app|scan)\/[0-9a-f]{16}\//;

/** @typedef {{ page: string, parts: string[], bytes: number, at: number, lang: string, title: string }} Kept */

const worker = /** @type {any} */ (globalThis);

/** @param {string} url */
const withoutHash = (url) => url.split("#")[0];
const seconds = () => Math.floor(Date.now() / 1000);

// --- the two caches -----------------------------------------------------------------------------

async function install() {
  await (await caches.open(SHELL)).addAll(SERVED.shell);
  await worker.skipWaiting();
}

async function activate() {
  for (const name of await caches.keys()) {
    if (name.startsWith("tracer-") && ![TINS, SHELL].includes(name)) await caches.delete(name);
  }
  await worker.registration.navigationPreload?.enable();
  await worker.clients.claim();
}

/** What is kept, the newest last. @param {Cache} cache @returns {Promise<Kept[]>} */
async function readIndex(cache) {
  return (await cache.match(INDEX))?.json() ?? [];
}

/** Fetch a page or a part of one, to be kept. @param {string} url */
async function fetchWhole(url) {
  const response = await fetch(url, { credentials: "omit", redirect: "error" });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const body = await response.arrayBuffer();
  const headers = new Headers(response.headers);
  for (const name of ["content-encoding", "content-length"]) headers.delete(name);
  headers.set(FETCHED, String(seconds()));
  return { url, bytes: body.byteLength, response: new Response(body, { headers }) };
}

/** Keep a page with all its parts, or nothing of it. @param {{ page: string, parts: string[], lang: string, title: string }} wish */
async function keep({ page: asked, parts: listed, lang, title }) {
  const { origin, pathname, search } = new URL(asked);
  const language = new URLSearchParams(search).get("lang");
  const page = pathname + (language ? `?lang=${language}` : ""); // a node's name is not kept
  const parts = [...new Set(listed)].filter((part) => [PROOFS, FIXED].some((form) => form.test(part)));
  if (origin !== worker.location.origin || !PAGES.test(pathname)) return;
  const cache = await caches.open(TINS);
  const index = await readIndex(cache);
  /** @param {string} part */
  const isThere = async (part) => FIXED.test(part) && Boolean(await cache.match(part));
  const missing = (await Promise.all(parts.map(async (part) => ((await isThere(part)) ? "" : part)))).filter(Boolean);
  const found = await Promise.all([page, ...missing].map(fetchWhole));
  for (const { url, response } of found) await cache.put(url, response);
  const known = index.find((one) => one.page === page);
  const bytes = Math.max(known?.bytes ?? 0, found.reduce((sum, one) => sum + one.bytes, 0));
  await prune(cache, [...index.filter((one) => one !== known), { page, parts, bytes, at: seconds(), lang, title }]);
}

/** Drop the oldest pages beyond the bounds, and what no page needs. @param {Cache} cache @param {Kept[]} index */
async function prune(cache, index) {
  const size = () => index.reduce((sum, { bytes }) => sum + bytes, 0);
  while (index.length > 1 && (index.length > MAX_PAGES || size() > MAX_BYTES)) index.shift();
  const needed = new Set([INDEX, ...index.flatMap(({ page, parts }) => [page, ...parts])]);
  await cache.put(INDEX, new Response(JSON.stringify(index), { headers: { "content-type": "application/json" } }));
  for (const { url } of await cache.keys()) {
    const { pathname, search } = new URL(url);
    if (!needed.has(pathname + search)) await cache.delete(url);
  }
}

// --- answers ------------------------------------------------------------------------------------

/** @param {string} url */
async function findKept(url) {
  const cache = await caches.open(TINS);
  const exact = withoutHash(url);
  const { pathname, search } = new URL(exact);
  return (await cache.match(exact)) ?? (PROOFS.test(pathname + search) ? undefined : cache.match(exact, { ignoreSearch: true }));
}

/** The network's answer if it is one and comes in time, else what is kept. @param {Promise<Response>} asked @param {Response} kept */
async function newest(asked, kept) {
  const late = new Promise((resolve) => { setTimeout(resolve, WAIT_MS); });
  const answer = await Promise.race([asked.catch(() => undefined), late]);
  return answer instanceof Response && answer.status < 500 ? answer : kept;
}

/** Words like those of the page. @param {string} lang @param {number} age seconds */
function sayKept(lang, age) {
  const words = SERVED.words[lang.startsWith("zh") ? "zh" : "en"] ?? {};
  /** @type {[string, number][]} */
  const units = [["days", 86400], ["hours", 3600], ["minutes", 60], ["seconds", 1]];
  const [unit, size] = units.find(([, length]) => age >= 2 * length) ?? units[3];
  const ago = (words[`age.${unit}`] ?? "").replace("{n}", String(Math.max(0, Math.floor(age / size))));
  return (words["offline.kept"] ?? "").replace("{age}", ago);
}

/** A kept page with a line that says so, right at its top. @param {Response} kept */
async function withAge(kept) {
  const fetched = Number(kept.headers.get(FETCHED));
  const html = await kept.text();
  const lang = /<html[^>]* lang="([\w-]+)"/.exec(html)?.[1] ?? "en";
  const line = `<p class="kept" role="status">${sayKept(lang, seconds() - fetched)}</p>`;
  const marked = html.replace("<html ", `<html data-fetched="${fetched}" `).replace(/<body[^>]*>/, (body) => body + line);
  return new Response(marked, { headers: kept.headers });
}

/** What to show for a page that is not kept. @param {string} url */
async function offlinePage(url) {
  const cache = await caches.open(SHELL);
  const [last] = (await readIndex(await caches.open(TINS))).slice(-1);
  const wanted = new URL(url).searchParams.get("lang") ?? last?.lang ?? navigator.language;
  const page = await cache.match(`/offline?lang=${wanted.startsWith("zh") ? "zh" : "en"}`);
  return page ?? Response.error();
}

/** @param {any} event */
async function openPage(event) {
  const { url } = event.request;
  const asked = (async () => (await event.preloadResponse) ?? fetch(event.request))();
  const kept = await findKept(url);
  if (!kept) return asked.catch(() => offlinePage(url));
  const answer = await newest(asked, kept);
  return answer === kept ? withAge(kept) : answer;
}

/** @param {Request} request */
async function openProof(request) {
  const kept = await findKept(request.url);
  return kept ? newest(fetch(request), kept) : fetch(request);
}

/** @param {Request} request */
async function openFixed(request) {
  return (await caches.match(request.url)) ?? fetch(request);
}

/** @param {any} event */
function answerFetch(event) {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  if (request.method !== "GET" || origin !== worker.location.origin) return;
  if (request.mode === "navigate" && PAGES.test(pathname)) event.respondWith(openPage(event));
  else if (PROOFS.test(pathname + search)) event.respondWith(openProof(request));
  else if (FIXED.test(pathname)) event.respondWith(openFixed(request));
}

/** One wish after the other: they share the index. @type {Promise<unknown>} */
let busy = Promise.resolve();

/** @param {any} event */
function answerWish(event) {
  busy = busy.then(() => keep(event.data)).catch(() => undefined); // then it is kept another time
  event.waitUntil(busy);
}

worker.addEventListener("install", (/** @type {any} */ event) => event.waitUntil(install()));
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(activate()));
worker.addEventListener("fetch", answerFetch);
worker.addEventListener("message", answerWish);
