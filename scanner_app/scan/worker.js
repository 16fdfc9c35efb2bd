// @ts-check
/**
 * Runs behind our decoder, in a worker: pixels in, texts out. The server puts the decoder in front
 * of these lines (api/tracer_api/decoder.py); nothing else is ever loaded here.
 */

/** @type {(image: ImageData, options: { effort: number, timeLimit: number }) => string} */
const decode = /** @type {any} */ (globalThis).decodeQR;

/** Guesses at where the code lies, and the time they may take: a frame's, or a photo's. */
const EFFORT = 24;
const FRAME_MS = 120;
const PHOTO_MS = 2_000;
const PHOTO_PIXELS = 1_000_000; // more than a camera frame has

/** @param {MessageEvent<ImageData>} event */
globalThis.onmessage = ({ data }) => {
  const timeLimit = data.width * data.height > PHOTO_PIXELS ? PHOTO_MS : FRAME_MS;
  try {
    globalThis.postMessage([decode(data, { effort: EFFORT, timeLimit })]);
  } catch {
    globalThis.postMessage([]); // no code in this picture
  }
};
