// @ts-check
/** Names of documents: ULIDs, 48 bits of time and 80 random ones, in Crockford's base 32. */

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TIME_DIGITS = 10;
const RANDOM_DIGITS = 16;

/** A new name. @param {number} [nowMs] */
export function drawUlid(nowMs = Date.now()) {
  let [rest, text] = [nowMs, ""];
  for (let at = 0; at < TIME_DIGITS; at += 1) {
    text = DIGITS[rest % 32] + text;
    rest = Math.floor(rest / 32);
  }
  const dice = crypto.getRandomValues(new Uint8Array(RANDOM_DIGITS));
  return text + Array.from(dice, (byte) => DIGITS[byte % 32]).join("");
}
