// @ts-check
import { messages } from "./messages.js";

/**
 * The message of a key, with its places filled; a key without words stands as it is.
 *
 * @param {string} key
 * @param {Record<string, unknown>} [params]
 */
export function say(key, params = {}) {
  const text = messages[key];
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(params[name] ?? ""));
}

/**
 * How long ago something was.
 *
 * @param {number} seconds
 */
export function sayAge(seconds) {
  /** @type {[string, number][]} */
  const units = [["days", 86400], ["hours", 3600], ["minutes", 60], ["seconds", 1]];
  const [unit, size] = units.find(([, length]) => seconds >= 2 * length) ?? units[3];
  return say(`age.${unit}`, { n: Math.max(0, Math.floor(seconds / size)) });
}
