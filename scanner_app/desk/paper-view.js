// @ts-check
/** One paper, from its file to the ledger: shows the step that it has come to. */
import { ON_LEDGER, TONES, sayReason } from "./batch.js";
import { batchHash, busy, button, copyable, heading, showError, typeName } from "./context.js";
import { announce, fill, h, icon, tag } from "./dom.js";
import { dropDraft, loadDraft } from "./drafts.js";
import { buildForm } from "./paper-form.js";
import { catchUp, rebuildDraft } from "./rebuild.js";
import { ForeignTransactionError, checkedTransaction, follow, seal, sendWithWallet, signWithWallet, state, toSign } from "./send.js";
import { WalletError, chooseAccount, findWallet } from "./wallet.js";
import { say } from "../words.js";

/**
 * @typedef {import("./context.js").App} App
 * @typedef {import("./drafts.js").Draft} Draft
 * @typedef {{ app: App, draft: Draft, body: HTMLElement, result: HTMLElement }} Place
 */

const STEPS = ["sign", "store", "send", "record"];

/** How many steps each stage has behind it. @type {Record<string, number>} */
const DONE = { form: 0, signed: 1, stated: 2, sent: 3, recorded: 4 };

/** The view of one paper. @param {App} app @param {import("./context.js").BatchName} batch @param {string} type @param {string} id */
export async function showPaper(app, batch, type, id) {
  const draft = loadDraft(id) ?? await rebuildDraft(app, batch, id);
  await catchUp(draft);
  const place = { app, draft, body: h("div"), result: h("div") };
  fill(app.main,
    h("nav", { class: "back", "aria-label": say("desk.where") }, h("a", { href: batchHash(batch) }, say("desk.back", batch))),
    heading(typeName(type), fileLine(draft)),
    h("section", { class: "sheet" }, place.body, place.result));
  show(place);
}

/** @param {Draft} draft */
const fileLine = ({ id, fileName }) => h("p", { class: "file" },
  h("a", { href: `/v1/documents/${id}/file`, download: fileName || true }, fileName || say("desk.paper.file")),
  " ", h("span", { class: "soft" }, say("desk.paper.kept")));

/** @param {Place} place */
function show(place) {
  const { app, draft, body, result } = place;
  fill(result);
  if (draft.stage === "form") {
    return fill(body, buildForm(app, draft, async (paper) => {
      await seal(app, draft, paper);
      if (findWallet()) await attempt(place);
      else showStatement(place);
    }));
  }
  showSteps(place);
  return draft.stage === "sent" ? watch(place) : offer(place);
}

/** How far it has come. @param {Place} place @param {string} [stage] */
function showSteps({ draft, body }, stage = draft.stage) {
  const done = DONE[stage];
  fill(body, h("h2", {}, say(done === STEPS.length ? "desk.send.done" : "desk.send.title")),
    h("ol", { class: "stages" }, ...STEPS.map((step, at) => {
      const look = at < done ? "done" : at === done ? "now" : "next";
      return h("li", { class: look, "aria-current": look === "now" && "step" },
        look === "done" ? icon("check") : h("span", { class: "n", "aria-hidden": "true" }, String(at + 1)),
        h("span", {}, say(`desk.send.${step}`), look === "done" && h("span", { class: "unseen" }, ` ${say("desk.send.is_done")}`)));
    })));
}

/** With a wallet, everything that is left. @param {Place} place */
async function attempt(place) {
  const { app, draft, result } = place;
  fill(result);
  try {
    await chooseAccount(app.session.address);
    if (draft.stage === "form") {
      const signature = await signWithWallet(app, draft);
      showSteps(place, "signed");
      await state(draft, signature);
    } else if (draft.stage === "signed") {
      await state(draft);
    }
    showSteps(place);
    announce(say("desk.send.send"));
    if (draft.stage === "stated") await sendWithWallet(app, draft);
  } catch (error) {
    if (draft.stage === "form") show(place);
    else offer(place);
    fail(place, error);
    return;
  }
  show(place);
}

/** @param {Place} place @param {unknown} error */
function fail({ app, result }, error) {
  if (error instanceof ForeignTransactionError) {
    fill(result, h("div", { class: "problem", role: "alert" }, icon("alert"),
      h("p", {}, h("b", {}, say(`desk.flaw.${error.flaw}`)), h("span", {}, say("desk.flaw.next")))));
  } else {
    showError(result, error, app.language);
  }
  const isDeclined = error instanceof WalletError && error.key === "desk.wallet.declined";
  if (isDeclined) announce(say(error.key));
}

/** What does the same where the key file is. @param {App} app @param {string} words */
const command = ({ session }, words) => `tracer desk ${words} --key ${session.address} --desk ${location.origin}`;

/** Go on by hand or with the wallet from where it stands. @param {Place} place */
function offer(place) {
  const { app, draft, body } = place;
  showSteps(place);
  /** @param {unknown} error */
  const onError = (error) => fail(place, error);
  if (findWallet()) body.append(button(say("desk.send.again"), () => attempt(place), onError));
  else if (draft.stage === "signed") {
    body.append(button(say("desk.send.again"), async () => {
      await state(draft);
      show(place);
    }, onError));
  }
  if (draft.stage === "stated") {
    const byHand = h("div");
    body.append(h("details", { open: !findWallet() }, h("summary", {}, h("b", {}, say("desk.send.by_hand"))), byHand));
    checkedTransaction(app, draft).then(({ to, data }) => fill(byHand,
      h("p", { class: "soft" }, say("desk.send.command")),
      copyable(command(app, `send ${draft.id}`), say("desk.command")),
      h("p", { class: "soft" }, say("desk.send.transaction")),
      copyable(JSON.stringify({ to, data }, null, 1), say("desk.send.transaction"))), onError);
    if (!findWallet()) watch(place);
  }
}

/** Signing without a wallet: the statement to take away, and the signature to bring back. @param {Place} place */
async function showStatement(place) {
  const { app, draft, body, result } = place;
  const typed = JSON.stringify(await toSign(app, draft), null, 1);
  const url = URL.createObjectURL(new Blob([typed], { type: "application/json" }));
  const signature = h("textarea", { id: "signature", rows: "3", spellcheck: "false", autocomplete: "off", required: true });
  const send = h("button", {}, say("desk.sign.send"));
  const onsubmit = (/** @type {Event} */ event) => {
    event.preventDefault();
    busy(send, async () => {
      await state(draft, signature.value.trim());
      show(place);
    }, (error) => showError(result, error, app.language));
  };
  showSteps(place);
  body.append(
    h("p", {}, say("desk.sign.text")),
    h("p", {}, h("a", { class: "button quiet", href: url, download: "statement.json" }, say("desk.sign.download"))),
    copyable(command(app, "sign statement.json"), say("desk.command")),
    h("details", {}, h("summary", {}, h("b", {}, say("desk.sign.look"))), copyable(typed, say("desk.sign.label"))),
    h("form", { onsubmit }, h("label", { for: "signature" }, say("desk.signin.signature")), signature, send),
    button(say("desk.sign.back"), async () => show(place), () => {}, "quiet"));
}

/** Follow the paper until the ledger has it, and say how it stands. @param {Place} place */
function watch(place) {
  const { app, draft, result } = place;
  const line = h("p", { class: "headline", role: "status" }, icon("paper"), h("span", {}, say("desk.follow.waiting")));
  fill(result, line);
  follow(app, draft, ({ state: now, reasons = [], isRefused }) => {
    if (isRefused) {
      Object.assign(draft, { stage: "stated", txHash: "" });
      offer(place);
      fail(place, new WalletError("desk.wallet.refused"));
      return false;
    }
    if (!ON_LEDGER.includes(now)) return true;
    showSteps(place, "recorded");
    showOutcome(place, /** @type {import("./batch.js").State} */ (now), reasons);
    dropDraft(draft.id);
    return false;
  }).catch((error) => fail(place, error));
}

/** @param {Place} place @param {import("./batch.js").State} now @param {import("./batch.js").Reason[]} reasons */
function showOutcome({ app, draft, result }, now, reasons) {
  const isClaim = draft.type === "CUSTOMS_DECLARATION" && now === "RECORDED";
  const key = isClaim ? "CLAIMED" : now;
  fill(result, h("p", {}, tag(TONES[key], say(`desk.state.${key}`))),
    h("p", { id: "outcome" }, say(`desk.follow.${key}`)),
    ...reasons.map((reason) => h("p", { class: "bad" }, sayReason(reason))),
    app.scanUrl && h("p", {}, h("a", { href: `${app.scanUrl}/01/${draft.gtin}/10/${encodeURIComponent(draft.lot)}` }, say("desk.batch.page"))),
    h("p", {}, h("a", { class: "button", href: batchHash(draft) }, say("desk.follow.back"))));
  announce(say(`desk.follow.${key}`));
}
