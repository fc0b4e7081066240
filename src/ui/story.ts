import type { GenerateSettings, GenerationMessage } from '../worker/protocol';

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
}

export interface Block {
  readonly tokens: readonly Token[];
  /** How many tokens at its start end the prompt. The prompt is drawn as a whole, so these are not drawn again. */
  readonly pinned: number;
  readonly steps: number;
  readonly committed: boolean;
}

export type StoryPhase = 'starting' | 'writing' | 'finished' | 'stopped' | 'failed';

/** A text on the screen, being written or not. */
export interface Story {
  /** Kind and title, for a document written in the model's own form. */
  readonly heading: { readonly kind: string; readonly title: string } | null;
  readonly settings: GenerateSettings;
  readonly phase: StoryPhase;
  /** What ended it, once finished. */
  readonly reason: 'eos' | 'length' | null;
  readonly blocks: readonly Block[];
  /** Forward passes so far. */
  readonly nfe: number;
  readonly seconds: number;
}

const MASKED: Token = { id: null, text: '', state: 'masked', probability: null, step: null };

export function newStory(settings: GenerateSettings, heading: Story['heading']): Story {
  return { heading, settings, phase: 'starting', reason: null, blocks: [], nfe: 0, seconds: 0 };
}

/** The story after one more message of its generation. */
export function continueStory(story: Story, message: GenerationMessage): Story {
  switch (message.type) {
    case 'started':
      return { ...story, phase: 'writing', blocks: [firstBlock(story.settings.blockSize, message.pinned)] };
    case 'changed': {
      const { settings, pinned } = message;
      return {
        ...story,
        settings,
        blocks: [...story.blocks.filter((b) => b.committed), firstBlock(settings.blockSize, pinned)],
      };
    }
    case 'step': {
      const { nfe, seconds } = message;
      const blocks = replaceLast(story.blocks, (block) => reveal(block, message.step, message.reveal));
      return { ...story, blocks, nfe, seconds };
    }
    case 'block': {
      const { nfe, seconds } = message;
      const blocks = replaceLast(story.blocks, (block) => commit(block, message.tokens));
      const next = { ...story, blocks, nfe, seconds };
      return isComplete(next) ? next : { ...next, blocks: [...blocks, maskedBlock(story.settings.blockSize)] };
    }
    case 'done': {
      const { reason, nfe, seconds } = message;
      return { ...story, phase: 'finished', reason, nfe, seconds, blocks: story.blocks.filter((b) => b.committed) };
    }
    default:
      return message satisfies never;
  }
}

/** The story when its writing ended before its time. What was revealed stays. */
export function endStory(story: Story, phase: 'stopped' | 'failed'): Story {
  const blocks = story.blocks.filter(({ tokens, pinned }) => tokens.slice(pinned).some(({ id }) => id !== null));
  return { ...story, phase, blocks };
}

/** Tokens written so far, the prompt's own left out. */
export function tokensWritten({ blocks }: Story): number {
  return blocks.reduce((sum, { tokens, pinned }) => sum + tokens.filter(({ id }) => id !== null).length - pinned, 0);
}

/** The finished blocks' text, without the prompt. */
export function textOf({ blocks }: Pick<Story, 'blocks'>): string {
  return blocks
    .filter(({ committed }) => committed)
    .flatMap(({ tokens, pinned }) => tokens.slice(pinned))
    .map(({ text }) => text)
    .join('');
}

function maskedBlock(blockSize: number): Block {
  return { tokens: Array.from({ length: blockSize }, () => MASKED), pinned: 0, steps: 0, committed: false };
}

function firstBlock(blockSize: number, pinned: Extract<GenerationMessage, { type: 'started' }>['pinned']): Block {
  const block = maskedBlock(blockSize);
  const prompt = pinned.map((token): Token => (token ? { ...MASKED, ...token, state: 'committed' } : MASKED));
  return { ...block, tokens: [...prompt, ...block.tokens.slice(prompt.length)], pinned: prompt.length };
}

function reveal(block: Block, step: number, revealed: Extract<GenerationMessage, { type: 'step' }>['reveal']): Block {
  const tokens: Token[] = block.tokens.map((token) =>
    token.state === 'revealed-now' ? { ...token, state: 'revealed' } : token,
  );
  for (const { position, id, text, probability } of revealed) {
    tokens[position] = { id, text, probability, step, state: 'revealed-now' };
  }
  return { ...block, tokens, steps: step + 1 };
}

/** The block's tokens take the texts of the whole block, where a character may be spread over several. */
function commit(block: Block, committed: Extract<GenerationMessage, { type: 'block' }>['tokens']): Block {
  const tokens = committed.map(({ id, text }, index): Token => {
    const before = block.tokens[index] ?? MASKED;
    return { ...before, id, text, state: 'committed' };
  });
  return { ...block, tokens, committed: true };
}

/** True when the last block was cut or all that was asked for is there: no masks need follow. */
function isComplete(story: Story): boolean {
  const { blockSize, maxTokens } = story.settings;
  return (story.blocks.at(-1)?.tokens.length ?? 0) < blockSize || tokensWritten(story) >= maxTokens;
}

function replaceLast(blocks: readonly Block[], change: (block: Block) => Block): readonly Block[] {
  const last = blocks.at(-1);
  return last ? [...blocks.slice(0, -1), change(last)] : blocks;
}
