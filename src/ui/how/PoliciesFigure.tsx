import { useEffect, useState } from 'react';
import { SliderField } from '../fields/SliderField';
import { POLICY_TEXTS } from '../settings/policy-texts';
import { BlockPlace } from './BlockPlace';
import { MOST_PASSES, POLICY_RUNS, type PolicyRun, passText, placesAfter } from './policy-runs';

/** Slow enough to compare, in milliseconds. */
const PACE = 900;

/** Four reveal policies on the same block, pass by pass and all at once: recorded runs of the model. */
export function PoliciesFigure() {
  const [count, setCount] = useState(0);
  const [mode, setMode] = useState<'playing' | 'stepping' | 'sliding'>('sliding');
  const playing = mode === 'playing' && count < MOST_PASSES;
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => setCount((done) => Math.min(MOST_PASSES, done + 1)), PACE);
    return () => clearInterval(timer);
  }, [playing]);
  const play = () => {
    if (count === MOST_PASSES) setCount(0);
    setMode(playing ? 'sliding' : 'playing');
  };
  const step = () => {
    setMode('stepping');
    setCount(count + 1);
  };
  return (
    <figure className="figure policies-figure">
      <p className="figure-text before">{POLICY_RUNS.before} …</p>
      <div className="policies">
        {POLICY_RUNS.runs.map((run) => (
          <PolicyPanel key={run.policy.name} run={run} count={count} />
        ))}
      </div>
      <p className="visually-hidden" aria-live={mode === 'stepping' ? 'polite' : 'off'}>
        {POLICY_RUNS.runs.map((run) => `${POLICY_TEXTS[run.policy.name].name}: ${passText(run, count)}.`).join(' ')}
      </p>
      <SliderField
        label="Passes"
        value={count}
        min={0}
        max={MOST_PASSES}
        step={1}
        shown={`${count} of ${MOST_PASSES}`}
        onChange={(passes) => {
          setMode('sliding');
          setCount(passes);
        }}
      />
      <div className="figure-actions">
        <button type="button" className="quiet" onClick={play}>
          {playing ? 'Pause' : 'Play'}
        </button>
        <button type="button" className="quiet" disabled={count === MOST_PASSES} onClick={step}>
          One pass
        </button>
      </div>
      <figcaption className="hint">
        Recorded from the model on this page, which took its likeliest token wherever one was uncovered. The text before
        is the same for all four; they diverge where a token is uncovered before another could be seen.
      </figcaption>
    </figure>
  );
}

function PolicyPanel({ run, count }: { run: PolicyRun; count: number }) {
  const id = `policy-${run.policy.name}`;
  return (
    <section className="policy" aria-labelledby={id} data-policy={run.policy.name}>
      <h4 id={id}>{POLICY_TEXTS[run.policy.name].name}</h4>
      <p className="hint">{paceOf(run)}</p>
      <p className="figure-text">
        {placesAfter(run, count).map((place, position) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a place of the block is its number
          <BlockPlace key={position} {...place} />
        ))}
      </p>
      <p className="policy-pass">{passText(run, count)}</p>
    </section>
  );
}

/** What this policy does in a pass. */
function paceOf({ policy: { name, steps = 1, threshold = 1, entropyBound = 0 }, tokens }: PolicyRun): string {
  switch (name) {
    case 'first-hitting':
      return 'One token per pass, at a random place';
    case 'confidence':
      return `The ${tokens.length / steps} surest per pass`;
    case 'ancestral':
      return `Each with its own chance, ${steps} steps`;
    case 'threshold':
      return `All above ${Math.round(threshold * 100)} %, at least one`;
    case 'entropy':
      return `As many as fit a total entropy of ${entropyBound} ${entropyBound === 1 ? 'nat' : 'nats'}`;
    case 'speculative':
      return 'A draft of a few, checked by the next pass';
    default:
      return name satisfies never;
  }
}
