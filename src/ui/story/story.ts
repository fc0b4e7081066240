import type { ChatTurn, GenerateSettings, GenerationEvent, TokenText } from '../../library/unmask';
import { changed, type Provenance } from './provenance';

export type TokenState = 'masked' | 'revealed-now' | 'revealed' | 'committed';

/** One place of a block as it is drawn. */
export interface Token {
  readonly id: number | null;
  readonly text: string;
  readonly state: TokenState;
  /** The model's probability of the token, 0 … 1; null while masked and for the prompt's own tokens. */
  readonly probability: number | null;
  /** The step within the block that revealed it, from 0. */
  readonly step: number | null;
  /** The likeliest token of a place that is still masked, as of the latest pass; of runs that tell it. */
  readonly guess?: TokenText | undefined;
}

export interface Block {
  readonly tokens: readonly Token[];
  /** The tokens before the first step. */
  readonly start: readonly Token[];
  /** How many tokens at its start are drawn already, with the prompt or with the blocks before. */
  readonly pinned: number;
  /** What was cut off its end. */
  readonly beyond: readonly Token[];
  readonly steps: number;
  readonly committed: boolean;
}

export type StoryPhase = 'starting' | 'writing' | 'finished' | 'stopped' | 'failed';

type StepMessage = Extract<GenerationEvent, { type: 'step' }>;

/** What one step of a run revealed, and when. */
export type Step = Omit<StepMessage, 'type'>;

/** What a text that is written anew from one of its blocks on has kept of its run, whose counts go on. */
export interface Kept {
  /** Blocks of the run, all whole. */
  readonly blocks: number;
  /** Tokens up to the end of `settings.after`, those of earlier runs left out. */
  readonly tokens: number;
  /** The `pinned` of the block that is written around what stays of it. */
  readonly pinned: number;
  readonly nfe: number;
  readonly seconds: number;
  /** How much less is asked for than the page's length. */
  readonly lessTokens: number;
}

/** A text on the screen, being written or not. */
export interface Story {
  /** Kind and title, for a document written in the model's own form. */
  readonly heading: { readonly kind: string; readonly title: string } | null;
  /** Null for an answer in a conversation and for a racer's text, which have no link and no file. */
  readonly provenance: Provenance | null;
  /** The blocks of the runs that this one goes on from. All fields below are of this run alone. */
  readonly earlier: readonly Block[];
  /** In a conversation the answer before this one, if its tokens are known. */
  readonly before: Story | null;
  /** The text of an answer that came without its tokens, as in a link; null for any other. */
  readonly said: string | null;
  /** Null for a run that began by itself. */
  readonly kept: Kept | null;
  readonly settings: GenerateSettings;
  readonly phase: StoryPhase;
  /** What ended it, once finished. */
  readonly reason: 'eos' | 'length' | null;
  readonly blocks: readonly Block[];
  readonly promptTokens: number;
  /** Of the conversation that it answers, the turns that the model read; null where it answers none. */
  readonly read: readonly ChatTurn[] | null;
  /** The whole run, step by step. */
  readonly steps: readonly Step[];
  /** When the first block was finished. */
  readonly firstBlockSeconds: number | null;
  /** Forward passes so far. */
  readonly nfe: number;
  readonly seconds: number;
}

const MASKED: Token = { id: null, text: '', state: 'masked', probability: null, step: null };

export function newStory(
  settings: GenerateSettings,
  heading: Story['heading'],
  provenance: Provenance | null = null,
): Story {
  return {
    heading,
    provenance,
    earlier: [],
    before: null,
    said: null,
    kept: null,
    settings,
    phase: 'starting',
    reason: null,
    blocks: [],
    promptTokens: 0,
    read: null,
    steps: [],
    firstBlockSeconds: null,
    nfe: 0,
    seconds: 0,
  };
}

/** A new run that goes on where `story` ends. `settings` have its prompt, and `idsAfterPrompt` of it. */
export function newStoryAfter(story: Story, settings: GenerateSettings): Story {
  const next = newStory(settings, story.heading, changed(story.provenance));
  return { ...next, before: story.before, earlier: wholeBlocks(story) };
}

/** The story after one more message of its generation. */
export function continueStory(story: Story, told: GenerationEvent): Story {
  const message = story.kept ? countedOn(told, story.kept) : told;
  switch (message.type) {
    case 'started': {
      const block = blockFrom(story.settings, message.pinned);
      const first = { ...block, pinned: story.kept?.pinned ?? block.pinned };
      return {
        ...story,
        phase: 'writing',
        blocks: [...story.blocks, first],
        promptTokens: message.promptTokens,
        read: message.messages ?? null,
      };
    }
    case 'changed': {
      const { settings, pinned } = message;
      // No masks are drawn after what was the last block when it was asked for.
      const before = story.blocks.at(-1)?.committed ? story.blocks : story.blocks.slice(0, -1);
      const provenance = areOther(settings, story.settings) ? changed(story.provenance) : story.provenance;
      return { ...story, provenance, settings, blocks: [...before, blockFrom(settings, pinned)] };
    }
    case 'step': {
      const { type, ...step } = message;
      const { nfe, seconds } = step;
      // A text that goes on to the end of its sentence has a block that nobody announced.
      const unannounced = story.blocks.at(-1)?.committed ? [blockFrom(story.settings, [])] : [];
      const blocks = replaceLast([...story.blocks, ...unannounced], (block) => reveal(block, step));
      return { ...story, blocks, steps: [...story.steps, step], nfe, seconds };
    }
    case 'block': {
      const { nfe, seconds } = message;
      const blocks = replaceLast(story.blocks, (block) => commit(block, message.tokens));
      const next = { ...story, blocks, firstBlockSeconds: story.firstBlockSeconds ?? seconds, nfe, seconds };
      return isComplete(next) ? next : { ...next, blocks: [...blocks, blockFrom(story.settings, [])] };
    }
    case 'done': {
      const { reason, nfe, seconds } = message;
      return { ...story, phase: 'finished', reason, nfe, seconds, blocks: story.blocks.filter((b) => b.committed) };
    }
    default:
      return message satisfies never;
  }
}

/** True where these settings write something else from the next block on. */
function areOther({ after: _, ...settings }: GenerateSettings, before: GenerateSettings): boolean {
  return Object.entries(settings).some(([name, value]) => before[name as keyof typeof settings] !== value);
}

/** The message with its block, passes and time counted from the beginning of what was kept. */
function countedOn(message: GenerationEvent, kept: Kept): GenerationEvent {
  if (message.type === 'started' || message.type === 'changed') return message;
  const counts = { nfe: message.nfe + kept.nfe, seconds: message.seconds + kept.seconds };
  if (message.type === 'done') return { ...message, ...counts };
  return { ...message, ...counts, block: message.block + kept.blocks };
}

/** The story when its writing ended before its time. What was revealed stays. */
export function endStory(story: Story, phase: 'stopped' | 'failed'): Story {
  const blocks = story.blocks.filter(({ tokens, pinned }) => tokens.slice(pinned).some(({ id }) => id !== null));
  return { ...story, phase, blocks };
}

/** Tokens written so far, the prompt's own left out. */
export function tokensWritten({ blocks }: Pick<Story, 'blocks'>): number {
  return blocks.reduce((sum, { tokens, pinned }) => sum + tokens.filter(({ id }) => id !== null).length - pinned, 0);
}

/** All of a story's blocks in order, those of earlier runs first. */
export function allBlocks({ earlier, blocks }: Story): readonly Block[] {
  return [...earlier, ...blocks];
}

/** The text with its prompt, as far as it has no holes. */
export function wholeText(story: Story): string {
  return story.said ?? `${story.settings.prompt}${textOf({ blocks: wholeBlocks(story) })}`;
}

/** The ids of all that was written, as far as it has no holes. */
export function idsAfterPrompt(story: Story): number[] {
  return wholeBlocks(story)
    .flatMap(({ tokens, pinned }) => tokens.slice(pinned))
    .flatMap(({ id }) => id ?? []);
}

/** All runs' blocks as far as they have no holes: one that was stopped halfway is cut at its first mask. */
function wholeBlocks({ earlier, blocks }: Story): readonly Block[] {
  const whole = blocks.flatMap((block) => {
    if (block.committed) return block;
    const end = block.tokens.findIndex(({ id }) => id === null);
    const tokens = block.tokens.slice(0, end < 0 ? undefined : end);
    if (tokens.length <= block.pinned) return [];
    const beyond = block.tokens.slice(tokens.length);
    return {
      ...block,
      tokens: tokens.map((token): Token => ({ ...token, state: 'committed' })),
      beyond,
      committed: true,
    };
  });
  return [...earlier, ...whole];
}

/** The finished blocks' text, without the prompt. */
export function textOf({ blocks }: Pick<Story, 'blocks'>): string {
  return blocks
    .filter(({ committed }) => committed)
    .flatMap(({ tokens, pinned }) => tokens.slice(pinned))
    .map(({ text }) => text)
    .join('');
}

/** A block before its first step: what is given of it, and masks. */
function blockFrom(
  { blockSize }: Pick<GenerateSettings, 'blockSize'>,
  given: Extract<GenerationEvent, { type: 'started' }>['pinned'],
): Block {
  const start = Array.from({ length: blockSize }, (_, position): Token => {
    const token = given[position];
    return token ? { ...MASKED, ...token, state: 'committed' } : MASKED;
  });
  const open = start.findIndex(({ id }) => id === null);
  return { tokens: start, start, pinned: open < 0 ? blockSize : open, beyond: [], steps: 0, committed: false };
}

/** The block after one more step. */
export function reveal(block: Block, { step, reveal, guesses }: Pick<Step, 'step' | 'reveal' | 'guesses'>): Block {
  const tokens: Token[] = block.tokens.map((token, position) => {
    if (token.state === 'revealed-now') return { ...token, state: 'revealed' };
    if (token.state !== 'masked' || !guesses) return token;
    return { ...MASKED, guess: guesses.find((guess) => guess.position === position) };
  });
  for (const { position, id, text, probability } of reveal) {
    tokens[position] = { id, text, probability, step, state: 'revealed-now' };
  }
  return { ...block, tokens, steps: step + 1 };
}

/** The block's tokens take the texts of the whole block, where a character may be spread over several. */
function commit(block: Block, committed: Extract<GenerationEvent, { type: 'block' }>['tokens']): Block {
  const tokens = committed.map(({ id, text }, index): Token => {
    const before = block.tokens[index] ?? MASKED;
    return { ...before, id, text, state: 'committed' };
  });
  return { ...block, tokens, beyond: block.tokens.slice(tokens.length), committed: true };
}

/** True when the last block was cut or all that was asked for is there: no masks need follow. */
function isComplete(story: Story): boolean {
  const { blockSize, maxTokens } = story.settings;
  const length = maxTokens + (story.kept?.tokens ?? 0);
  return (story.blocks.at(-1)?.tokens.length ?? 0) < blockSize || tokensWritten(story) >= length;
}

function replaceLast(blocks: readonly Block[], change: (block: Block) => Block): readonly Block[] {
  const last = blocks.at(-1);
  return last ? [...blocks.slice(0, -1), change(last)] : blocks;
}
