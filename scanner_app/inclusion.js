// @ts-check
/** Proofs of inclusion in Merkle trees of RFC 9162 §2.1 over SHA-256 (twin of tracer/domain/merkle.py). */
import { sha256 } from "./hashes.js";

/** @param {string} data */
export const leafHash = (data) => sha256(`00${data}`);

/** @param {string} left @param {string} right */
export const nodeHash = (left, right) => sha256(`01${left}${right}`);

/**
 * Whether a proof leads from a leaf to the root (RFC 9162 §2.1.3.2). The size only shapes the
 * path: how many leaves there are needs evidence of its own.
 *
 * @param {string} leaf the leaf itself, hexadecimal
 * @param {number} index
 * @param {number} size
 * @param {string[]} proof
 * @param {string} expected
 */
export async function verifyInclusion(leaf, index, size, proof, expected) {
  if (!(0 <= index && index < size) || proof.length > 64) return false;
  let hash = await leafHash(leaf);
  let used = 0;
  for (let last = size - 1; last > 0; last = Math.floor(last / 2)) {
    const isRight = index % 2 === 1;
    if (isRight || index < last) {
      const sibling = proof[used++];
      if (sibling === undefined) return false;
      hash = await (isRight ? nodeHash(sibling, hash) : nodeHash(hash, sibling));
    }
    index = Math.floor(index / 2);
  }
  return used === proof.length && hash === expected;
}
