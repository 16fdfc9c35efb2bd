// @ts-check
/**
 * Puts in what the page has folded away. A tin's page comes without it, so that the verdict is
 * there sooner; the page of the whole batch has it (`view=all`), and links to it stand in its place
 * for readers without scripts.
 */

/** What a part that can be unfolded is called. @param {Element} part */
const nameOf = (part) => part.firstElementChild?.textContent;

/** Fetch it and put it in. What the server now shows otherwise keeps its link. */
export async function fetchRest() {
  const links = /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("a.rest"));
  if (!links.length) return;
  const response = await fetch(location.pathname.replace(/\/21\/.*/, "") + links[0].search);
  if (!response.ok) return;
  const whole = new DOMParser().parseFromString(await response.text(), "text/html");
  const [ours, theirs] = [document, whole].map((page) => [...page.querySelectorAll("details")]);
  for (const link of links) {
    const at = ours.findIndex((part) => part.contains(link));
    const part = theirs[at];
    if (part && nameOf(part) === nameOf(ours[at])) link.replaceWith(...[...part.childNodes].slice(1));
  }
}
