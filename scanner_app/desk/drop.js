// @ts-check
/** Files that are dragged onto an element. The same is always possible with a button and keys. */

/** @param {HTMLElement} element @param {(file: File) => void} onFile */
export function acceptDrops(element, onFile) {
  /** @param {boolean} isOver */
  const mark = (isOver) => element.classList.toggle("over", isOver);
  element.addEventListener("dragover", (event) => {
    event.preventDefault();
    mark(true);
  });
  element.addEventListener("dragleave", () => mark(false));
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(false);
    const file = event.dataTransfer?.files[0];
    if (file) onFile(file);
  });
}

/** A file that misses its place would replace the page with itself, and the draft with it. */
export function refuseStrayDrops() {
  for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());
}
