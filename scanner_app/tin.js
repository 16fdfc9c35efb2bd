// @ts-check
import { number } from "./hashes.js";

/**
 * The tin that a page is about, with its proof; null on a batch's page. Twin of `spell_tin` in
 * tracer_api/view/proof.py.
 *
 * @param {string} text serial, index, size, and in base64 the proof's hashes and the list's root
 * @returns {import("./evidence.js").TinRow | null}
 */
export function readTin(text) {
  if (!text) return null;
  const [serial, index, size, hashes] = text.split(" ");
  const proof = Array.from(atob(hashes), (byte) => number(byte.charCodeAt(0), 1)).join("").match(/.{64}/g) ?? [];
  return { serial, index: Number(index), size: Number(size), root: proof.pop() ?? "", proof };
}
