import { autoUpdate, flip, inline, offset, shift, useFloating } from '@floating-ui/react-dom';

/** Puts a tip above the token that it is about, in view. The ref and the style are the tip's. */
export function useTipPlace(reference: Element) {
  const { refs, floatingStyles } = useFloating({
    placement: 'top',
    strategy: 'fixed',
    elements: { reference },
    middleware: [inline(), offset(6), flip({ padding: 8 }), shift({ padding: 8 })],
    whileElementsMounted: autoUpdate,
  });
  return { ref: refs.setFloating, style: floatingStyles };
}
