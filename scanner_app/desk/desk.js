// @ts-check
/** The brokers' page: loads words and forms, knows who is signed in, and shows the view of the address. */
import { DeskError, ask, fetchSession } from "./api.js";
import { showBatch, showChooser } from "./batch.js";
import { readHash } from "./batch-name.js";
import { button, roleName, showError } from "./context.js";
import { announce, fill, h } from "./dom.js";
import { clearDrafts } from "./drafts.js";
import { refuseStrayDrops } from "./drop.js";
import { showPaper } from "./paper-view.js";
import { showSignIn } from "./sign-in.js";
import { showUpload } from "./upload.js";
import { messages } from "../messages.js";
import { say } from "../words.js";

/**
 * @typedef {import("./context.js").App} App
 * @typedef {import("./api.js").Session} Session
 */

const script = /** @type {HTMLScriptElement} */ (document.getElementById("desk"));
const { language = "en", chainId = "", contract = "", scanUrl = "" } = script.dataset;
const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const who = /** @type {HTMLElement} */ (document.getElementById("who"));

/** @type {Map<string, import("./context.js").PaperType>} */
const types = new Map();

/** What is on the screen: it ends when something else is. */
let shown = new AbortController();

/** @type {Session | null} */
let session = null;

/** A file that was dropped where no view could take it. @type {File | undefined} */
let dropped;

/** Words of the page's language: those that all pages share, and the desk's own. */
async function loadWords() {
  const files = [`../i18n/${language}.json`, `./i18n/${language}.json`];
  const parts = await Promise.all(files.map(async (file) => (await fetch(new URL(file, import.meta.url))).json()));
  Object.assign(messages, ...parts);
}

async function loadTypes() {
  const { types: found } = await ask("GET", "/v1/types");
  for (const one of found) types.set(one.type, one);
}

/** @param {string} hash @param {File} [file] */
function go(hash, file) {
  dropped = file;
  if (location.hash === hash) show();
  else location.hash = hash;
}

/** Somebody signed in: another party's work ends, one's own goes on. @param {Session} found */
async function onSession(found) {
  session = found;
  clearDrafts(found.gln);
  await loadTypes();
  announce(say("desk.signin.done"));
  await show();
}

async function signOut() {
  await ask("DELETE", "/v1/session");
  clearDrafts();
  session = null;
  go("#/");
}

function showWho() {
  who.hidden = !session;
  if (!session) return;
  const roles = session.roles.map(roleName).join(say("desk.comma"));
  fill(who, h("span", {}, h("b", {}, session.name || `GLN ${session.gln}`), ` · ${roles}`),
    button(say("desk.signout"), signOut, onError, "plain"));
}

/** The view that the address names. */
async function show(isExpired = false) {
  shown.abort();
  shown = new AbortController();
  const { signal } = shown;
  showWho();
  if (!session) showSignIn(main, { language, isExpired, onSession });
  else {
    const app = { language, chainId: Number(chainId), contract: contract.replace(/^0x/, "").toLowerCase(), scanUrl, types, session, main, go, signal };
    try {
      await showView(app);
    } catch (error) {
      if (!signal.aborted) onError(error);
    }
  }
  if (!signal.aborted) arrive();
}

/** @param {App} app */
async function showView(app) {
  const { batch, type, id } = readHash(location.hash);
  const file = dropped;
  dropped = undefined;
  if (!batch) return showChooser(app);
  if (!type) return showBatch(app, batch);
  return id === "new" ? showUpload(app, batch, type, file) : showPaper(app, batch, type, id);
}

/** A new view is read from its title on, and the other language shows the same one. */
function arrive() {
  main.querySelector("h1")?.focus({ preventScroll: true });
  scrollTo(0, 0);
  const other = /** @type {HTMLAnchorElement} */ (document.getElementById("language"));
  other.hash = location.hash;
}

/** @param {unknown} error */
function onError(error) {
  if (error instanceof DeskError && error.isSessionOver) return endSession();
  const place = h("div");
  fill(main, h("section", { class: "sheet" }, place, button(say("desk.again"), () => show(), () => {})));
  return showError(place, error, language);
}

function endSession() {
  if (!session) return;
  session = null;
  show(true);
}

async function start() {
  document.documentElement.classList.remove("no-js");
  refuseStrayDrops();
  addEventListener("hashchange", () => show());
  addEventListener("desk:session-over", endSession);
  await loadWords();
  session = await fetchSession();
  if (session) await loadTypes();
  await show();
}

start().catch(onError);
