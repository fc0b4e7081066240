import type { Tip } from './use-token-tip';

/** What the model knew about one token: how sure it was, and when it was uncovered. */
export function TokenTip({ tip: { about, left, top } }: { tip: Tip }) {
  const percent = (about.probability ?? 0) * 100;
  return (
    <p className="tip" role="status" style={{ left, top }}>
      <strong>{percent < 0.1 ? '< 0.1' : percent.toFixed(percent < 10 ? 1 : 0)} %</strong> sure, step{' '}
      {(about.step ?? 0) + 1}
      <span className="visually-hidden"> of “{about.text}”</span>
    </p>
  );
}
