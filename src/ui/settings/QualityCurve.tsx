import type { PolicyName } from '../../library/unmask';
import { BEST_PERPLEXITY, curveFor, type Expected, expectedAt } from './quality';

interface Props {
  readonly policy: PolicyName;
  readonly blockSize: number;
  readonly steps: number;
}

const WIDTH = 280;
const HEIGHT = 84;
/** Of both axes, which are logarithmic. */
const PASSES = [0.7, 5.5] as const;
const PERPLEXITIES = [2.5, 150] as const;

const within = (value: number, [least, most]: readonly [number, number]) =>
  Math.log(value / least) / Math.log(most / least);
const x = ({ tokensPerPass }: Expected) => within(tokensPerPass, PASSES) * WIDTH;
const y = ({ perplexity }: Expected) => (1 - within(perplexity, PERPLEXITIES)) * HEIGHT;

/** What fewer steps were measured to do to the text, and where on that curve these settings are. */
export default function QualityCurve({ policy, blockSize, steps }: Props) {
  const curve = curveFor(policy, blockSize);
  const expected = expectedAt(curve, blockSize, steps);
  if (!expected) return null;
  const perplexity = expected.perplexity.toFixed(expected.perplexity < 10 ? 1 : 0);
  return (
    <figure className="quality">
      <svg viewBox={`-6 -14 ${WIDTH + 12} ${HEIGHT + 20}`} aria-hidden="true">
        <path className="axis" d={`M0 0V${HEIGHT}H${WIDTH}`} />
        <path className="curve" d={`M${curve.map((point) => `${x(point)} ${y(point)}`).join('L')}`} />
        {curve.map((point) => (
          <g key={point.steps}>
            <circle cx={x(point)} cy={y(point)} r="2.5" />
            <text x={x(point)} y={y(point) - 8}>
              {point.perplexity.toFixed(0)}
            </text>
          </g>
        ))}
        <circle className="here" cx={x(expected)} cy={y(expected)} r="5" />
      </svg>
      <div className="quality-axes" aria-hidden="true">
        <span>↑ perplexity</span>
        <span>tokens per pass →</span>
      </div>
      <figcaption className="hint">
        Too few steps hurt: here the perplexity is about {perplexity}, against {BEST_PERPLEXITY} one token at a time.
        Measured on this model with blocks of {curve[0]?.blockSize}.
      </figcaption>
    </figure>
  );
}
