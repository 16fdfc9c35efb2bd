// @ts-check
/** Reads QR codes: with the browser's own detector if it really knows them, else with ours. */

/**
 * @typedef {(pixels: ImageData) => Promise<string[]>} Reader
 * @typedef {new (options: { formats: string[] }) => { detect: (source: ImageData) => Promise<{ rawValue: string }[]> }} Detector
 */

/** Longest side of a picture that our decoder takes (its own limit is 4,096). */
export const MAX_SIDE = 2_000;

/**
 * The way this browser reads codes; null when it has none and the server must help.
 *
 * @param {string} decoderUrl of our decoder; "" when this server has none
 * @returns {Promise<Reader | null>}
 */
export async function openReader(decoderUrl) {
  const Native = /** @type {(Detector & { getSupportedFormats: () => Promise<string[]> }) | undefined} */ (
    /** @type {any} */ (globalThis).BarcodeDetector
  );
  try {
    // Some browsers have the class and no format: what counts is what it says it reads.
    if ((await Native?.getSupportedFormats())?.includes("qr_code")) return nativeReader(/** @type {Detector} */ (Native));
  } catch {
    // Then it reads nothing.
  }
  return decoderUrl ? workerReader(decoderUrl) : null;
}

/** @param {Detector} Native @returns {Reader} */
function nativeReader(Native) {
  const detector = new Native({ formats: ["qr_code"] });
  return async (pixels) => (await detector.detect(pixels)).map((code) => code.rawValue);
}

/** Our decoder, on a thread of its own so that the picture never stands still. @param {string} url @returns {Reader} */
function workerReader(url) {
  const worker = new Worker(url);
  return (pixels) => new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = () => reject(new Error("the decoder does not run"));
    worker.postMessage(pixels, [pixels.data.buffer]);
  });
}

/**
 * The pixels of a picture, made smaller if need be.
 *
 * @param {HTMLCanvasElement} canvas to draw on; used again for every picture
 * @param {CanvasImageSource} source
 * @param {number} width @param {number} height of the source
 * @param {number} [most] longest side
 */
export function pixelsOf(canvas, source, width, height, most = MAX_SIDE) {
  const factor = Math.min(1, most / Math.max(width, height));
  canvas.width = Math.max(1, Math.round(width * factor));
  canvas.height = Math.max(1, Math.round(height * factor));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
