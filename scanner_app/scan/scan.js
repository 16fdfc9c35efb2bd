// @ts-check
/**
 * The scan page: camera or photo -> text of a code -> the tin's page on this server, which then
 * checks itself. No picture leaves the device, unless the reader presses the button that says so.
 */
import { closeCamera, hasTorch, isAllowed, openCamera, setTorch, whyNot } from "./camera.js";
import { keep } from "../offline.js";
import { openReader, pixelsOf } from "./reader.js";
import { targetOf } from "./target.js";

const root = document.documentElement;

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

const video = /** @type {HTMLVideoElement} */ (element("video"));
const input = /** @type {HTMLInputElement} */ (element("photo"));
const canvas = document.createElement("canvas");
const { decoder = "", host = "", query = "", words = "{}" } = element("scan").dataset;

/** @type {Record<string, string>} */
const messages = JSON.parse(words);

/** Longest side of a camera frame that is read; the camera is asked for no more. */
const FRAME_SIDE = 1_280;

/** Between two frames, so that a phone stays cool. */
const PAUSE_MS = 60;

/** Seconds without a code after which the reader is told what may help. */
const HINT_MS = 10_000;

/** Longest side and quality of a photo that is sent: some 0.5 MB, and none of its EXIF data. */
const SENT_SIDE = 2_400;
const SENT_QUALITY = 0.85;

/** @type {Promise<import("./reader.js").Reader | null> | undefined} */
let reader;

/** @type {MediaStreamTrack | null} */
let track = null;
let isLit = false;

/** @type {Blob | null} a photo that could not be read here */
let unread = null;

/**
 * Say something under the picture; the page's state is for its style, and for tests.
 *
 * @param {string} state a message's key
 * @param {string} [host]
 */
function tell(state, host = "") {
  root.dataset.state = state;
  element("say").textContent = (messages[state] ?? "").replace("{host}", host);
}

/** Follow what codes say, if one of them leads to us. @param {string[]} texts */
function follow(texts) {
  const targets = texts.map((text) => targetOf(text, [host, location.host]));
  const ours = targets.find((target) => target && "path" in target);
  if (ours && "path" in ours) {
    stop();
    tell("found");
    const [path, inner] = ours.path.split("#");
    location.assign(path + query + (inner ? `#${inner}` : ""));
    return true;
  }
  const other = targets.find((target) => target && "host" in target);
  if (other && "host" in other) tell("foreign", other.host);
  else if (texts.length) tell("no_tin");
  return false;
}

/** Give the camera back and show that it is off. */
function stop() {
  closeCamera(video);
  track = null;
  isLit = false;
  element("open").hidden = false;
  element("torch").hidden = true;
}

/** Read one frame after the other until one leads somewhere. @param {MediaStreamTrack} mine */
async function watch(mine) {
  const read = await (reader ??= openReader(decoder));
  if (!read) {
    stop();
    return tell("no_decoder");
  }
  const begun = performance.now();
  while (track === mine) {
    if (video.videoWidth) {
      const pixels = pixelsOf(canvas, video, video.videoWidth, video.videoHeight, FRAME_SIDE);
      if (follow(await read(pixels))) return;
    }
    if (root.dataset.state === "looking" && performance.now() - begun > HINT_MS) tell("hint");
    await new Promise((resolve) => { setTimeout(resolve, PAUSE_MS); });
  }
}

async function start() {
  reader ??= openReader(decoder); // it loads while the reader answers the browser's question
  element("send").hidden = true;
  tell("opening");
  let opened;
  try {
    opened = await openCamera(video);
  } catch (error) {
    stop();
    return tell(whyNot(error));
  }
  track = opened;
  if (document.hidden) return stop();
  element("open").hidden = true;
  element("torch").hidden = !hasTorch(opened);
  opened.addEventListener("ended", () => track === opened && stop());
  tell("looking");
  try {
    await watch(opened);
  } catch {
    stop();
    tell("no_decoder");
  }
}

/** A photo as JPEG, not larger than needed and without place and time of its taking. @param {ImageBitmap} picture */
async function encode(picture) {
  pixelsOf(canvas, picture, picture.width, picture.height, SENT_SIDE);
  return new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", SENT_QUALITY); });
}

/** @param {File} file */
async function readFile(file) {
  stop();
  element("send").hidden = true;
  tell("reading");
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return tell("no_picture");
  }
  try {
    const read = await (reader ??= openReader(decoder));
    // A code that is small in the picture needs it large; noise in a large one goes when it shrinks.
    for (const side of read ? [FRAME_SIDE, undefined] : []) {
      const texts = (await read?.(pixelsOf(canvas, picture, picture.width, picture.height, side))) ?? [];
      if (texts.length) return void follow(texts);
    }
  } catch {
    // Then the server is the only one left who can read it.
  }
  unread = /** @type {Blob | null} */ (await encode(picture));
  element("send").hidden = false;
  tell("ask_server");
}

async function send() {
  tell("sending");
  try {
    const headers = { "content-type": "image/jpeg" };
    const answer = await fetch("/v1/photos", { method: "PUT", body: unread, headers });
    const { texts = [] } = answer.ok ? await answer.json() : {};
    if (!answer.ok) return tell(answer.status === 503 ? "busy" : "no_code");
    unread = null;
    element("send").hidden = true;
    if (!texts.length) tell("no_code");
    else follow(texts);
  } catch {
    tell("no_server");
  }
}

element("open").addEventListener("click", start);
element("send").addEventListener("click", send);
element("torch").addEventListener("click", async () => {
  if (!track) return;
  try {
    await setTorch(track, !isLit);
    isLit = !isLit;
  } catch {
    element("torch").hidden = true; // it said that it could
  }
  element("torch").setAttribute("aria-pressed", String(isLit));
});
input.addEventListener("change", () => {
  const [file] = input.files ?? [];
  input.value = ""; // the same photo may be chosen again
  if (file) readFile(file);
});

let wasOpen = false;
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    wasOpen = Boolean(track);
    stop();
  } else if (wasOpen) start();
});
addEventListener("pagehide", () => {
  stop();
  tell("ready");
});

root.classList.remove("no-js");
tell(globalThis.isSecureContext ? "ready" : "insecure");
isAllowed().then((may) => (may ? start() : undefined));
keep(decoder ? [decoder] : []);
