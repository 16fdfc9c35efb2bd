// @ts-check
/** Runs the whole protocol in a worker, so that the page stays quick under a finger meanwhile. */
import { verifyBundle } from "./verify.js";

/** @param {MessageEvent<Parameters<typeof verifyBundle>>} event */
globalThis.onmessage = async ({ data }) => globalThis.postMessage(await verifyBundle(...data));
