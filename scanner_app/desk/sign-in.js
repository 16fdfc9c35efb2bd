// @ts-check
/** Signing in: a message of EIP-4361, signed by the wallet in the browser or on the command line. */
import { ask, query } from "./api.js";
import { busy, button, copyable, heading, showProblem } from "./context.js";
import { fill, h } from "./dom.js";
import { chooseAccount, findWallet, signMessage } from "./wallet.js";
import { say } from "../words.js";

/**
 * @typedef {import("./api.js").Session} Session
 * @typedef {{ language: string, isExpired: boolean, onSession: (session: Session) => void }} Options
 */

/** @param {string} address @returns {Promise<string>} */
const fetchMessage = async (address) => (await ask("GET", `/v1/session/challenge?${query({ address })}`)).message;

/** @param {string} message @param {string} signature @returns {Promise<Session>} */
const openSession = (message, signature) => ask("POST", "/v1/session", { message, signature });

/**
 * The view of whoever is not signed in.
 *
 * @param {HTMLElement} main
 * @param {Options} options
 */
export function showSignIn(main, { language, isExpired, onSession }) {
  const problem = h("div");
  /** @param {unknown} error */
  const onError = (error) => showProblem(problem, error, language);
  const withWallet = button(say("desk.signin.wallet"), async () => {
    const address = await chooseAccount();
    const message = await fetchMessage(address);
    onSession(await openSession(message, await signMessage(message, address)));
  }, onError);
  const hasWallet = Boolean(findWallet());
  fill(main,
    heading(say(isExpired ? "desk.signin.again" : "desk.signin.title"),
      h("p", {}, say(isExpired ? "desk.signin.expired" : "desk.signin.text"))),
    h("section", { class: "sheet" },
      hasWallet ? h("p", { class: "soft" }, say("desk.signin.wallet.text")) : h("p", { class: "soft" }, say("desk.signin.no_wallet")),
      hasWallet && withWallet,
      problem,
      h("details", { class: "fold", open: !hasWallet },
        h("summary", {}, h("b", {}, say("desk.signin.by_hand"))),
        byHand(onSession, onError))));
}

/** Signing on the command line. @param {Options["onSession"]} onSession @param {(error: unknown) => void} onError */
function byHand(onSession, onError) {
  const address = h("input", {
    id: "address", name: "address", placeholder: "0x…", autocomplete: "off", spellcheck: "false", required: true,
    pattern: "0x[0-9a-fA-F]{40}", title: say("desk.signin.address.form"),
  });
  const next = h("div");
  const show = h("button", {}, say("desk.signin.show"));
  const form = h("form", { onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    busy(show, async () => {
      const message = await fetchMessage(address.value.trim());
      fill(next, ...signatureForm(message, onSession, onError));
      /** @type {HTMLElement | null} */ (next.querySelector("pre"))?.focus();
    }, onError);
  } }, h("label", { for: "address" }, say("desk.signin.address")), h("div", { class: "field" }, address, show));
  return h("div", {}, form, next);
}

/** @param {string} message @param {Options["onSession"]} onSession @param {(error: unknown) => void} onError */
function signatureForm(message, onSession, onError) {
  const signature = h("textarea", { id: "signature", rows: "3", spellcheck: "false", autocomplete: "off", required: true });
  const send = h("button", {}, say("desk.signin.send"));
  return [
    h("p", { class: "soft" }, say("desk.signin.message")),
    copyable(message, say("desk.signin.message.label")),
    h("p", { class: "soft" }, say("desk.signin.command")),
    copyable(`tracer desk sign message.txt --desk ${location.origin}`, say("desk.command")),
    h("form", { onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      busy(send, async () => onSession(await openSession(message, signature.value.trim())), onError);
    } }, h("label", { for: "signature" }, say("desk.signin.signature")), signature, send),
  ];
}
