import type { ModelInfo } from '../../library/unmask';
import { type Story, tokensWritten } from '../story/story';
import { weightReads } from './costs';
import type { Pair } from './pair';
import { nameOfBoth, upperFirst } from './racer-names';
import { EQUAL } from './verdict';

interface Props {
  readonly stories: Pair<Story>;
  readonly singlePasses: ModelInfo['singlePasses'];
}

/** What a GPU whose memory is its limit would make of the passes of a race on the CPU: computed, and marked so. */
export function Costs({ stories, singlePasses }: Props) {
  const names = nameOfBoth(stories).map(upperFirst);
  const reads = stories.map((story) => weightReads(story, singlePasses));
  // Texts may differ in length.
  const costs = stories.map((story, racer) => (reads[racer] ?? 0) / tokensWritten(story));
  const most = Math.max(...costs);
  return (
    <section className="costs" aria-labelledby="costs-title">
      <h3 id="costs-title">
        The same passes on a GPU <span className="computed">computed, not measured</span>
      </h3>
      <dl>
        {names.map((name, racer) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a racer is its place
          <div key={racer}>
            <dt>{name}</dt>
            <dd>
              <span className="cost-bar" style={{ '--share': (costs[racer] ?? 0) / most }} />
              <span data-reads={racer}>{reads[racer] === 1 ? '1 read' : `${reads[racer]} reads`}</span>
            </dd>
          </div>
        ))}
      </dl>
      <p>{computedVerdict(names, costs)}</p>
      <p className="hint">
        Assumption: only reading the weights takes time. Each pass reads all of them once, which takes as long for
        sixteen tokens as for one.
        {singlePasses === 2 ? ' The pass that stores a block is combined with the next pass where there is room.' : ''}{' '}
        Nothing else is counted.
      </p>
    </section>
  );
}

function computedVerdict(names: readonly string[], [one = 0, other = 0]: readonly number[]): string {
  const ratio = Math.max(one, other) / Math.min(one, other);
  if (!(ratio >= EQUAL)) return 'It would be a tie there.';
  return `${names[one < other ? 0 : 1]} would win there: ${ratio.toFixed(1)}× faster.`;
}
