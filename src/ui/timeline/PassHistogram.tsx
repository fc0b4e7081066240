import { memo } from 'react';
import type { Story } from '../story/story';
import { BINS, binsOf, histogramText, probabilitiesAt } from './pass-histogram';

interface Props {
  /** As it is, not as it was. */
  readonly story: Story;
  /** How many of its steps are shown. */
  readonly position: number;
}

/** The fewest tokens that the full height stands for. */
const LEAST_SCALE = 3;

/** How sure the model was in the pass that is shown, of what it uncovered and of what it left; and the threshold. */
export const PassHistogram = memo(function PassHistogram({ story, position }: Props) {
  const pass = probabilitiesAt(story, position);
  const bins = pass ? binsOf(pass) : [];
  const scale = Math.max(LEAST_SCALE, ...bins.map(({ revealed, left }) => revealed + left));
  const bar = (bin: number, from: number, height: number) =>
    height === 0 ? '' : `M${bin + 0.1} ${scale - from}v${-height}h.8v${height}z`;
  return (
    <figure className="pass-histogram" role="img" aria-label={pass ? histogramText(pass) : 'Before the first step'}>
      <svg viewBox={`0 0 ${BINS} ${scale}`} preserveAspectRatio="none" aria-hidden="true">
        <path className="revealed" d={bins.map(({ revealed }, bin) => bar(bin, 0, revealed)).join('')} />
        <path className="left" d={bins.map(({ revealed, left }, bin) => bar(bin, revealed, left)).join('')} />
        {pass?.threshold == null ? null : <path className="threshold" d={`M${pass.threshold * BINS} 0V${scale}`} />}
      </svg>
      <div className="histogram-axis" aria-hidden="true">
        <span>0 %</span>
        <span className="histogram-key" data-kind="revealed">
          uncovered
        </span>
        <span className="histogram-key" data-kind="left">
          masked
        </span>
        {pass?.threshold == null ? null : (
          <span className="histogram-key" data-kind="threshold">
            threshold
          </span>
        )}
        <span>100 %</span>
      </div>
    </figure>
  );
});
