// @ts-check
/** The page for when there is no connection: what is kept on this device, and how to forget it. */

import { INDEX, TINS } from "../offline.js";

/** How pages begin the names of what they note of their checks. */
const NOTED = "tracer:";

/** @typedef {{ page: string, at: number, title: string }} Kept */

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const { lang } = document.documentElement;

/** @returns {Promise<Kept[]>} tins' pages, the newest first */
async function readKept() {
  if (!globalThis.caches) return [];
  const answer = await (await caches.open(TINS)).match(INDEX);
  const all = /** @type {Kept[]} */ ((await answer?.json()) ?? []);
  return all.filter(({ page }) => page.startsWith("/01/")).reverse();
}

/** @param {Kept} kept */
function row({ page, at, title }) {
  const [item, link, time] = ["li", "a", "time"].map((name) => document.createElement(name));
  link.textContent = title.split(" · ").pop() ?? page; // the verdict of then is not today's
  link.setAttribute("href", page);
  time.textContent = new Date(at * 1000).toLocaleString(lang, { dateStyle: "medium", timeStyle: "short" });
  item.append(link, time);
  return item;
}

async function show() {
  const kept = await readKept();
  element("list").replaceChildren(...kept.map(row));
  element("some").hidden = !kept.length;
  element("none").hidden = Boolean(kept.length);
}

element("forget").addEventListener("click", async () => {
  await caches.delete(TINS);
  for (const key of Object.keys(localStorage)) if (key.startsWith(NOTED)) localStorage.removeItem(key);
  await show();
});
element("again").addEventListener("click", () => location.reload());
for (const id of ["missing", "again"]) element(id).hidden = location.pathname === "/offline";
show();
