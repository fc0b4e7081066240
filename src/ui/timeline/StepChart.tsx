import { memo } from 'react';
import type { Step } from '../story/story';

/** More bars than this would be narrower than a pixel or two; from here on a bar is the mean of several steps. */
const MOST_BARS = 160;
/** The fewest tokens a bar's full height stands for, so that a run of single tokens is low. */
const LEAST_SCALE = 4;

/** Tokens revealed in each step, as bars; those of every other block are lighter. */
export const StepChart = memo(function StepChart({ steps }: { steps: readonly Step[] }) {
  const bars = barsOf(steps);
  const scale = Math.max(LEAST_SCALE, ...bars.map(({ tokens }) => tokens));
  const path = (odd: boolean) =>
    bars
      .map((bar, index) => ({ ...bar, index }))
      .filter(({ block }) => (block % 2 === 1) === odd)
      .map(({ tokens, index }) => `M${index + 0.1} ${scale}V${scale - tokens}h.8V${scale}`)
      .join('');
  return (
    <svg
      className="step-chart"
      viewBox={`0 0 ${bars.length || 1} ${scale}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path d={path(false)} />
      <path d={path(true)} className="odd" />
    </svg>
  );
});

function barsOf(steps: readonly Step[]): { readonly tokens: number; readonly block: number }[] {
  const stride = Math.ceil(steps.length / MOST_BARS) || 1;
  return Array.from({ length: Math.ceil(steps.length / stride) }, (_, index) => {
    const some = steps.slice(index * stride, (index + 1) * stride);
    const tokens = some.reduce((sum, { reveal }) => sum + reveal.length, 0) / some.length;
    return { tokens, block: some[0]!.block };
  });
}
