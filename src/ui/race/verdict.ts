import type { ModelInfo } from '../../worker/protocol';
import { BEST_PERPLEXITY, curveFor, expectedAt } from '../settings/quality';
import { usesSteps } from '../settings/settings';
import { type Story, tokensWritten } from '../story/story';
import { nameOfBoth, upperFirst } from './racer-names';

interface Result {
  readonly name: string;
  readonly story: Story;
  readonly tokens: number;
  /** Tokens a second. */
  readonly rate: number;
}

/** Below this ratio two racers are called equal: the next race may turn out the other way. */
const EQUAL = 1.05;

/** Which of two finished racers was faster, and by how much, in a sentence. */
export function verdict(stories: readonly [Story, Story]): string {
  const names = nameOfBoth(stories);
  const results = stories.map((story, racer): Result => {
    const tokens = tokensWritten(story);
    return { name: names[racer] ?? '', story, tokens, rate: tokens / story.seconds };
  });
  const [fast, slow] = results.toSorted((a, b) => b.rate - a.rate) as [Result, Result];
  const ratio = fast.rate / slow.rate;
  const isEqual = !(ratio >= EQUAL);
  // A text may end early, and then only the rates can be compared.
  const sameLength = fast.tokens === slow.tokens;
  const [first, second] = [costOf(fast, sameLength), costOf(slow, sameLength)];
  const done = fast.story.settings.blockSize === 1 || !fast.name.startsWith('blocks') ? 'was done' : 'were done';
  const said = sameLength
    ? `${upperFirst(fast.name)} ${done} in ${first}, ${slow.name} took ${second}`
    : `${upperFirst(fast.name)} wrote ${first}, ${slow.name} ${second}`;
  if (isEqual) return `${said}: as good as equal, on this device.`;
  const by = sameLength ? 'times as fast' : 'times as many tokens a second';
  return `${said}: ${ratio.toFixed(1)} ${by}, on this device.`;
}

function costOf({ tokens, story: { nfe, seconds } }: Result, sameLength: boolean): string {
  const passes = nfe === 1 ? '1 pass' : `${nfe} passes`;
  return `${sameLength ? '' : `${tokens} tokens in `}${passes} and ${seconds.toFixed(1)} s`;
}

/** What to know beside the verdict: why fewer passes took longer, if they did, and what the texts are worth. */
export function notes([one, other]: readonly [Story, Story], backend: ModelInfo['backend']): readonly string[] {
  const perPass = (story: Story) => story.seconds / story.nfe;
  const [fewer, more] = one.nfe < other.nfe ? [one, other] : [other, one];
  const lost = perPass(fewer) > perPass(more) && fewer.seconds > more.seconds;
  const said: string[] = [];
  if (lost && backend === 'wasm') {
    said.push(
      'Fewer passes did not help: on a CPU, a pass over a large block takes much longer than over a small one.',
    );
  } else if (lost) {
    said.push('Fewer passes did not help: here a pass over the larger block takes longer.');
  }
  const [first, second] = [perplexityOf(one), perplexityOf(other)];
  if (first !== null && second !== null) {
    said.push(
      `Read both: such texts were measured at perplexities of about ${text(first)} and ${text(second)}; less reads smoother.`,
    );
  }
  return said;
}

function perplexityOf({ settings: { blockSize, policy, steps } }: Story): number | null {
  if (blockSize === 1) return BEST_PERPLEXITY;
  if (!usesSteps(policy)) return null;
  return expectedAt(curveFor(policy, blockSize), blockSize, steps)?.perplexity ?? null;
}

function text(perplexity: number): string {
  return perplexity.toFixed(perplexity < 10 ? 1 : 0);
}
