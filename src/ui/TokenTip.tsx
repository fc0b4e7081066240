import { autoUpdate, flip, inline, offset, shift, useFloating } from '@floating-ui/react-dom';
import type { Tip } from './use-token-tip';

/** What the model knew about one token: how sure it was, and when it was uncovered. */
export function TokenTip({ tip: { about, block, steps, element } }: { tip: Tip }) {
  const { refs, floatingStyles } = useFloating({
    placement: 'top',
    strategy: 'fixed',
    elements: { reference: element },
    middleware: [inline(), offset(6), flip({ padding: 8 }), shift({ padding: 8 })],
    whileElementsMounted: autoUpdate,
  });
  const probability = about.probability ?? 0;
  return (
    <div className="tip" role="status" ref={refs.setFloating} style={floatingStyles}>
      <p className="tip-head">
        <q>{about.text.trim() || 'a line break'}</q> <strong>{percent(probability)}</strong> sure
      </p>
      <div className="tip-bar" aria-hidden="true" style={{ '--share': probability }} />
      <p>
        Step {(about.step ?? 0) + 1} of {steps}, block {block + 1}
      </p>
    </div>
  );
}

function percent(probability: number): string {
  const value = probability * 100;
  return `${value < 0.1 ? '< 0.1' : value.toFixed(value < 10 ? 1 : 0)} %`;
}
