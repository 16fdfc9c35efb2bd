// @ts-check
/** Which keys signed, where that has to be asked; and how longer answers of a node are read. */
import { ask, data, glnOf, listInput, whole } from "./node.js";

/**
 * @typedef {{ address: string, gln: string, distrustFrom: number }} SignerFacts
 */

/** Selector; tests/vectors/abi.json has the same from the compiler. */
export const KEYS_OF = "0x59ab8a1a";

const WORD = 64; // hexadecimal digits of an ABI word

/** Reads ABI words one after the other. @param {string} hex */
export function reader(hex) {
  let at = 0;
  const next = () => {
    const found = hex.slice(at, (at += WORD));
    if (found.length !== WORD) throw new Error("the node's answer is too short");
    return found;
  };
  const number = () => whole(`0x${next()}`);
  return {
    next,
    number,
    gln: () => glnOf(number()),
    /** Bytes whose place the next word names. */
    bytes: () => {
      const start = number() * 2;
      const size = whole(`0x${hex.slice(start, start + WORD)}`) * 2;
      const found = hex.slice(start + WORD, start + WORD + size);
      if (found.length !== size) throw new Error("the node's answer is too short");
      return found;
    },
  };
}

/**
 * The keys that signed some appends.
 *
 * @param {string} url
 * @param {{ sequence: number, transactionHash: string }[]} doubtful
 * @param {string} to the ledger
 * @returns {Promise<Record<number, SignerFacts>>}
 */
export async function fetchSigners(url, doubtful, to) {
  if (!doubtful.length) return {};
  const sent = await ask(url, doubtful.map((one) => ["eth_getTransactionByHash", `0x${one.transactionHash}`]));
  const senders = sent.map((transaction) => data(transaction?.from, 40));
  const [answer] = await ask(url, [["eth_call", { to, data: listInput(KEYS_OF, senders) }, "latest"]]);
  const fields = reader(data(answer));
  if (fields.number() !== 32 || fields.number() !== senders.length) throw new Error("the node's answer has a wrong length");
  return Object.fromEntries(doubtful.map(({ sequence }, index) => {
    const gln = fields.gln();
    for (let skip = 0; skip < 4; skip += 1) fields.next();
    return [sequence, { address: senders[index], gln, distrustFrom: fields.number() }];
  }));
}
