/**
 * Keeps the keys of an input method from all of the page's shortcuts: Escape there ends a composition, and Enter
 * takes a word. Safari reports the key that ends one after its end, with the code 229 alone.
 */
export function keepCompositions(): void {
  const keep = (event: KeyboardEvent) => {
    if (event.isComposing || event.keyCode === 229) event.stopImmediatePropagation();
  };
  window.addEventListener('keydown', keep, { capture: true });
}
