import type { ModelInfo } from '../../library/unmask';
import { rate, runsOnCpu } from '../fields/format';
import { BEST_PERPLEXITY, curveFor, expectedAt } from '../settings/quality';
import { usesSteps } from '../settings/settings';
import { type Story, tokensWritten } from '../story/story';
import { type Pair, pairOf } from './pair';
import { nameOfBoth, upperFirst } from './racer-names';

interface Result {
  readonly name: string;
  readonly story: Story;
  readonly tokens: number;
  /** Tokens a second. */
  readonly rate: number;
}

/** Below this ratio two racers are called equal: the next race may turn out the other way. */
export const EQUAL = 1.05;

/** The place of the faster of two finished racers; null for a tie. */
export function winnerOf(stories: Pair<Story>): number | null {
  const [one, other] = pairOf(stories.map((story) => tokensWritten(story) / story.seconds));
  if (!(Math.max(one, other) / Math.min(one, other) >= EQUAL)) return null;
  return one > other ? 0 : 1;
}

/** Which of two finished racers was faster, and by how much, in a sentence. */
export function verdict(stories: Pair<Story>): string {
  const names = nameOfBoth(stories);
  const results = stories.map((story, racer): Result => {
    const tokens = tokensWritten(story);
    return { name: names[racer] ?? '', story, tokens, rate: tokens / story.seconds };
  });
  const [fast, slow] = results.toSorted((a, b) => b.rate - a.rate) as [Result, Result];
  const ratio = fast.rate / slow.rate;
  // A text may end early, and then only the rates can be compared.
  if (fast.tokens !== slow.tokens) {
    const [first, second] = [rate(fast.rate), rate(slow.rate)];
    if (!(ratio >= EQUAL)) return `A tie: ${fast.name} wrote ${first} tokens a second, ${slow.name} ${second}.`;
    return `${upperFirst(fast.name)} won: ${first} against ${second} tokens a second (${ratio.toFixed(1)}× faster).`;
  }
  const [first, second] = [fast, slow].map(({ story }) => `${story.seconds.toFixed(1)} s`);
  if (!(ratio >= EQUAL)) return `A tie: ${fast.name} took ${first}, ${slow.name} ${second}.`;
  return `${upperFirst(fast.name)} won: ${first} against ${second} (${ratio.toFixed(1)}× faster).`;
}

/** What to know beside the verdict: why fewer passes took longer, if they did, and what the texts are worth. */
export function notes(
  [one, other]: Pair<Story>,
  model: Pick<ModelInfo, 'backend' | 'adapter' | 'origin'>,
): readonly string[] {
  const perPass = (story: Story) => story.seconds / story.nfe;
  const [fewer, more] = one.nfe < other.nfe ? [one, other] : [other, one];
  const lost = perPass(fewer) > perPass(more) && fewer.seconds > more.seconds;
  const said: string[] = [];
  if (lost) {
    const times = (perPass(fewer) / perPass(more)).toFixed(1);
    const where = runsOnCpu(model) ? 'on this CPU' : 'here';
    said.push(`Fewer passes did not help: ${where} each of them took ${times} times as long.`);
  }
  // Only the model that comes with the page was measured.
  const [first, second] = model.origin.type === 'embedded' ? [perplexityOf(one), perplexityOf(other)] : [null, null];
  if (first !== null && second !== null) {
    said.push(
      `Read both: texts like these measured perplexities of about ${text(first)} and ${text(second)}; lower reads more smoothly.`,
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
