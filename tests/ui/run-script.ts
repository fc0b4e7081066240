import type { GenerateSettings, GenerationEvent } from '../../src/library/texts';
import { continueStory, newStory, type Story } from '../../src/ui/story/story';

/** What `scriptedRun` writes with: blocks of 4, two tokens a step. */
export const RUN_SETTINGS: GenerateSettings = {
  prompt: 'Poem: rain\n\n',
  after: [],
  blockSize: 4,
  maxTokens: 1000,
  policy: 'confidence',
  steps: 2,
  threshold: 0.9,
  entropyBound: 0.5,
  temperature: 1,
  topP: 1,
  seed: 1,
};

/**
 * The messages of a run over `blocks` blocks of 4 after a prompt of 5 tokens, whose last begins the first
 * block. A block is revealed from its end, two tokens a step; a step takes a tenth of a second.
 */
export function scriptedRun(blocks: number): GenerationEvent[] {
  const messages: GenerationEvent[] = [{ type: 'started', promptTokens: 5, pinned: [{ id: 9, text: '\n\n' }] }];
  let nfe = 1;
  const timed = () => ({ nfe, seconds: nfe / 10 });
  for (let block = 0; block < blocks; block++) {
    const reveals =
      block === 0
        ? [[3, 2], [1]]
        : [
            [3, 2],
            [1, 0],
          ];
    for (const [step, positions] of reveals.entries()) {
      const reveal = positions.map((position) => ({
        position,
        id: block * 4 + position,
        text: ` w${block * 4 + position}`,
        probability: 0.25,
      }));
      nfe++;
      messages.push({ type: 'step', block, step, reveal, ...timed() });
    }
    const tokens = Array.from({ length: 4 }, (_, at) =>
      block === 0 && at === 0 ? { id: 9, text: '\n\n' } : { id: block * 4 + at, text: ` w${block * 4 + at}` },
    );
    nfe++;
    const text = tokens.map(({ text }) => text).join('');
    messages.push({ type: 'block', block, tokens, text, ...timed() });
  }
  messages.push({ type: 'done', reason: 'length', ...timed() });
  return messages;
}

/** The story after each of the messages, in order. */
export function storiesOf(messages: readonly GenerationEvent[], from = newStory(RUN_SETTINGS, null)): Story[] {
  let story = from;
  return messages.map((message) => {
    story = continueStory(story, message);
    return story;
  });
}

export function scriptedStory(blocks: number): Story {
  return storiesOf(scriptedRun(blocks)).at(-1)!;
}
