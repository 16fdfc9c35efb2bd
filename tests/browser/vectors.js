// @ts-check
/** Reading the shared vectors, as tests/bundle_vectors.py does. */
import { readFileSync, readdirSync } from "node:fs";

const VECTORS = new URL("../vectors/", import.meta.url);

/** @param {string} path */
export const load = (path) => JSON.parse(readFileSync(new URL(path, VECTORS), "utf8"));

/** Every case of a folder with its name. @param {string} folder @returns {[string, any][]} */
export function loadAll(folder) {
  const names = readdirSync(new URL(`${folder}/`, VECTORS)).filter((name) => name.endsWith(".json"));
  return names.sort().map((name) => [name.slice(0, -5), load(`${folder}/${encodeURIComponent(name)}`)]);
}

/** @param {any} value @param {{ at: (string | number)[], set?: any, insert?: any }} change */
function apply(value, { at, ...change }) {
  const place = at.slice(0, -1).reduce((inner, name) => inner[name], value);
  const last = at[at.length - 1];
  if ("set" in change) place[last] = change.set;
  else if ("insert" in change) place.splice(last, 0, change.insert);
  else if (Array.isArray(place)) place.splice(Number(last), 1);
  else delete place[last];
}

/** A bundle case, whole: a twin is built from the good case that it names. @param {any} twin */
export function wholeCase(twin) {
  if (!twin.twinOf) return twin;
  const good = load(`bundles/${twin.twinOf}.json`);
  for (const change of structuredClone(twin.changes)) apply(good, change);
  return { ...good, ...twin };
}
