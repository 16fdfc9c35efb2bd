// @ts-check
import { say } from "./words.js";

/** Every address it passes on is the page's own path: no language, node or anything that tracks. */
export function offerShare() {
  const link = /** @type {HTMLAnchorElement | null} */ (document.getElementById("share"));
  if (!link) return;
  link.setAttribute("href", link.href); // in full, so that a printed page shows where it is from
  link.addEventListener("click", async (event) => {
    event.preventDefault();
    try {
      if (navigator.share) return await navigator.share({ url: link.href });
      await navigator.clipboard.writeText(link.href);
      link.textContent = say("share.done");
    } catch {
      // The visitor closed the list, or this browser lets no page write to the clipboard.
    }
  });
}

/** What is folded away is printed too. */
export function openForPrint() {
  addEventListener("beforeprint", () => {
    for (const one of document.querySelectorAll("details")) one.open = true;
  });
}
