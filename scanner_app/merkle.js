// @ts-check
/** Roots of Merkle trees of RFC 9162 §2.1 over SHA-256 (twin of tracer/domain/merkle.py). */
import { sha256 } from "./hashes.js";
import { nodeHash } from "./inclusion.js";

/** The root over leaf hashes. @param {string[]} hashes */
export async function root(hashes) {
  let level = hashes;
  while (level.length > 1) {
    const pairs = [];
    for (let at = 0; at < level.length; at += 2) pairs.push(level.slice(at, at + 2));
    level = await Promise.all(pairs.map(([left, right]) => (right ? nodeHash(left, right) : left)));
  }
  return level[0] ?? sha256("");
}
