// @ts-check
/** Handing in a file: dropped or chosen, looked at here first, then sent with its progress. */
import { ENDINGS, mediaType, upload } from "./api.js";
import { batchHash, heading, paperHash, showError, typeName } from "./context.js";
import { announce, fill, h, icon } from "./dom.js";
import { saveDraft } from "./drafts.js";
import { acceptDrops } from "./drop.js";
import { firstTexts } from "./form-rules.js";
import { drawUlid } from "./ulid.js";
import { say } from "../words.js";

/** What the desk takes at most; a larger file is refused before it is sent. */
const MAX_BYTES = 20 * 2 ** 20;

/** How often progress is said aloud. */
const SPOKEN_STEPS = 4;

/**
 * @typedef {import("./context.js").App} App
 * @typedef {import("./context.js").BatchName} BatchName
 */

/** Why a file is not worth sending, as the key of a sentence; "" when it is. @param {{ name: string, size: number }} file */
export function refusal(file) {
  if (!mediaType(/** @type {File} */ (file))) return "desk.upload.wrong_type";
  if (file.size === 0) return "desk.upload.empty";
  return file.size > MAX_BYTES ? "desk.upload.too_large" : "";
}

/** @param {File} file */
async function digestOf(file) {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A bar, and the same in words. */
function progress() {
  const bar = h("progress", { max: "1", value: "0", "aria-label": say("desk.upload.progress") });
  const words = h("span", { class: "soft" });
  let spoken = 0;
  return {
    element: h("div", { class: "progress" }, bar, words),
    /** @param {number} share */
    show(share) {
      bar.value = share;
      const text = share < 1 ? say("desk.upload.sent", { percent: Math.floor(share * 100) }) : say("desk.upload.reading");
      words.textContent = text;
      const step = Math.floor(share * SPOKEN_STEPS);
      if (step !== spoken) announce(text);
      spoken = step;
    },
  };
}

/**
 * The view in which a file is handed in.
 *
 * @param {App} app
 * @param {BatchName} batch
 * @param {string} type
 * @param {File} [dropped] a file that was dropped on the row of this type
 */
export function showUpload(app, batch, type, dropped) {
  const result = h("div");
  const input = h("input", { type: "file", id: "file", class: "unseen", accept: ENDINGS, "aria-describedby": "file-note" });
  let isBusy = false;
  /** @param {File} file */
  const take = async (file) => {
    if (isBusy) return;
    isBusy = true;
    try {
      await send(app, batch, type, file, result);
    } catch (error) {
      showError(result, error, app.language);
    } finally {
      isBusy = false;
      input.value = ""; // so that the same file can be chosen again
    }
  };
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (file) take(file);
  });
  const zone = h("div", { class: "drop" }, icon("upload"),
    h("p", { class: "what" }, say("desk.upload.drop")), input,
    h("label", { for: "file", class: "button" }, say("desk.upload.choose")),
    h("p", { class: "soft", id: "file-note" }, say("desk.upload.note")));
  acceptDrops(zone, take);
  fill(app.main,
    h("nav", { class: "back", "aria-label": say("desk.where") }, h("a", { href: batchHash(batch) }, say("desk.back", batch))),
    heading(typeName(type), h("p", {}, say("desk.upload.text"))),
    h("section", { class: "sheet" }, zone, result, h("p", { class: "sealed-note" }, icon("lock"), h("span", {}, say("desk.upload.sealed")))));
  if (dropped) take(dropped);
}

/** @param {App} app @param {BatchName} batch @param {string} type @param {File} file @param {HTMLElement} result */
async function send(app, batch, type, file, result) {
  const key = refusal(file);
  if (key) {
    fill(result, h("div", { class: "problem", role: "alert" }, icon("alert"),
      h("p", {}, h("b", {}, say(key, { name: file.name })), h("span", {}, say(`${key}.next`)))));
    return;
  }
  const bar = progress();
  fill(result, h("p", { class: "file" }, file.name), bar.element);
  const [id, sha256] = [drawUlid(), await digestOf(file)];
  const { reading = [], report = {} } = await upload({ id, ...batch, type }, file, sha256, bar.show);
  const { fixed = [], fields = [] } = app.types.get(type) ?? {};
  saveDraft({
    id, ...batch, type, gln: app.session.gln, fileName: file.name, fileSize: file.size, file: sha256,
    stage: "form", reading, notes: report.notes ?? [], texts: firstTexts([...fixed, ...fields], reading),
  });
  app.go(paperHash(batch, type, id));
}
