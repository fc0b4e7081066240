import { UnmaskError } from '../../errors';
import type { GenerateSettings } from '../../worker/protocol';
import { POLICIES, parseSettings } from '../settings/settings';
import type { Provenance } from '../story/provenance';
import { type Block, type Kept, newStory, type Step, type Story, type Token, wholeText } from '../story/story';
import { FieldReader } from './field-reader';
import { textSettings } from './link';

/** Of the format that this code reads and writes. */
const VERSION = 1;
const MOST_BYTES = 4e6;

/** A token as a list: id, text, probability or null, step or null. A mask is null. */
type TokenRow = readonly [number, string, number | null, number | null] | null;

/**
 * The text of a file: all that is needed to show a text again without computing. Lists in place of objects where
 * there are many, since a run has thousands of tokens.
 */
export function writeRunFile(story: Story, { model, first, changed }: Provenance): string {
  const { heading, settings, phase, reason, promptTokens, kept, firstBlockSeconds, nfe, seconds } = story;
  return JSON.stringify({
    unmask: VERSION,
    model,
    first,
    changed,
    heading,
    settings,
    phase,
    reason,
    promptTokens,
    kept,
    firstBlockSeconds,
    nfe,
    seconds,
    text: wholeText(story),
    earlier: story.earlier.map(blockRow),
    blocks: story.blocks.map(blockRow),
    steps: story.steps.map(({ block, step, nfe, seconds, reveal }) => [
      block,
      step,
      nfe,
      seconds,
      reveal.map(({ position, id, text, probability }) => [position, id, text, probability]),
    ]),
  });
}

function blockRow({ start, tokens, beyond, pinned, steps, committed }: Block) {
  const rows = [...tokens, ...beyond].map(tokenRow);
  return { pinned, length: tokens.length, steps, committed, start: start.map(tokenRow), tokens: rows };
}

function tokenRow({ id, text, probability, step }: Token): TokenRow {
  return id === null ? null : [id, text, probability, step];
}

/** Reads a file that someone chose. Throws `bad-input` with one sentence. */
export async function openRunFile(file: Blob): Promise<Story> {
  if (file.size > MOST_BYTES) {
    throw new UnmaskError('bad-input', `This file is too large for a run: more than ${MOST_BYTES / 1e6} MB.`);
  }
  return readRunFile(await file.text());
}

/** Reads the text of a file, which is not to be trusted. Throws `bad-input` with one sentence. */
export function readRunFile(text: string): Story {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UnmaskError('bad-input', 'This is not a run that Unmask saved: it is not JSON.');
  }
  const file = new FieldReader(value);
  const version = file.field('unmask').whole(1, 1e6);
  if (version !== VERSION) {
    throw new UnmaskError('bad-input', `This run was saved by a newer Unmask (format ${version}). Reload the page.`);
  }
  const model = file.field('model');
  const first = file.field('first');
  first.field('seed').whole(0, 2 ** 32 - 1);
  return readStory(file, {
    model: {
      name: model.field('name').text(200),
      digest: model.field('digest').text(64),
      device: model.field('device').text(100),
    },
    first: textSettings(parseSettings(first.raw)),
    changed: file.field('changed').raw !== false,
    source: 'file',
  });
}

const MOST_BLOCKS = 20_000;
const MOST_SECONDS = 1e6;
const LONGEST_PROMPT = 20_000;

function readStory(file: FieldReader, provenance: Provenance): Story {
  const heading = file.field('heading').optional((reader) => ({
    kind: reader.field('kind').text(100),
    title: reader.field('title').text(1000),
  }));
  const settings = readSettings(file.field('settings'));
  const blocks = file.field('blocks').list(0, MOST_BLOCKS).map(readBlock);
  return {
    ...newStory(settings, heading, provenance),
    earlier: file.field('earlier').list(0, MOST_BLOCKS).map(readBlock),
    phase: file.field('phase').choice(['finished', 'stopped', 'failed']),
    reason: file.field('reason').optional((reader) => reader.choice(['eos', 'length'])),
    blocks,
    promptTokens: file.field('promptTokens').whole(0, 1e6),
    kept: file.field('kept').optional(readKept),
    steps: readSteps(file.field('steps'), blocks),
    firstBlockSeconds: file.field('firstBlockSeconds').optional((reader) => reader.number(0, MOST_SECONDS)),
    nfe: file.field('nfe').whole(0, 1e9),
    seconds: file.field('seconds').number(0, MOST_SECONDS),
  };
}

function readKept(kept: FieldReader): Kept {
  return {
    blocks: kept.field('blocks').whole(0, MOST_BLOCKS),
    tokens: kept.field('tokens').whole(0, 1e6),
    pinned: kept.field('pinned').whole(0, 1024),
    nfe: kept.field('nfe').whole(0, 1e9),
    seconds: kept.field('seconds').number(0, MOST_SECONDS),
    lessTokens: kept.field('lessTokens').whole(-1e6, 1e6),
  };
}

/** Those that were in force last. The ranges are wider than the engine's, which checks them again. */
function readSettings(settings: FieldReader): GenerateSettings {
  const after = settings.field('after').list(0, 1e6);
  return {
    prompt: settings.field('prompt').text(LONGEST_PROMPT),
    after: after.map((id) => id.optional(readId)),
    blockSize: settings.field('blockSize').whole(1, 1024),
    maxTokens: settings.field('maxTokens').whole(0, 1e6),
    policy: settings.field('policy').choice(POLICIES),
    steps: settings.field('steps').whole(1, 1e6),
    threshold: settings.field('threshold').number(0, 1),
    entropyBound: settings.field('entropyBound').number(0, 1e3),
    temperature: settings.field('temperature').number(0, 100),
    topP: settings.field('topP').number(0, 1),
    seed: settings.field('seed').whole(0, 2 ** 32 - 1),
  };
}

function readBlock(block: FieldReader): Block {
  const steps = block.field('steps').whole(0, 1e5);
  const committed = block.field('committed').raw === true;
  const start = block.field('start').list(1, 1024);
  const rows = block.field('tokens').list(1, start.length);
  const length = block.field('length').whole(1, rows.length);
  const hole = committed ? rows.slice(0, length).find(({ isNull }) => isNull) : undefined;
  hole?.refuse('a token, since its block is finished');
  return {
    start: start.map((token) => readToken(token, { steps: 0, committed })),
    tokens: rows.slice(0, length).map((token) => readToken(token, { steps, committed })),
    beyond: rows.slice(length).map((token) => readToken(token, { steps, committed: false })),
    pinned: block.field('pinned').whole(0, length),
    steps,
    committed,
  };
}

function readToken(token: FieldReader, { steps, committed }: Pick<Block, 'steps' | 'committed'>): Token {
  if (token.isNull) return { id: null, text: '', state: 'masked', probability: null, step: null };
  const [id, text, probability, step] = token.list(4, 4) as [FieldReader, FieldReader, FieldReader, FieldReader];
  const read = {
    id: readId(id),
    text: readText(text),
    probability: probability.optional(readShare),
    step: step.optional((reader) => reader.whole(0, 1e5)),
  };
  if (committed || read.step === null) return { ...read, state: 'committed' };
  return { ...read, state: read.step === steps - 1 ? 'revealed-now' : 'revealed' };
}

function readSteps(steps: FieldReader, blocks: readonly Block[]): Step[] {
  let last = { block: 0, nfe: 0, seconds: 0 };
  return steps.list(0, 1e5).map((row) => {
    const [block, step, nfe, seconds, reveal] = row.list(5, 5) as [
      FieldReader,
      FieldReader,
      FieldReader,
      FieldReader,
      FieldReader,
    ];
    const index = block.whole(last.block, blocks.length - 1);
    const places = blocks[index]!.start.length;
    const read = {
      block: index,
      step: step.whole(0, 1e5),
      nfe: nfe.whole(last.nfe, 1e9),
      seconds: seconds.number(last.seconds, MOST_SECONDS),
      reveal: reveal.list(0, places).map((item) => readReveal(item, places)),
    };
    last = read;
    return read;
  });
}

function readReveal(row: FieldReader, places: number): Step['reveal'][number] {
  const [position, id, text, probability] = row.list(4, 4) as [FieldReader, FieldReader, FieldReader, FieldReader];
  return {
    position: position.whole(0, places - 1),
    id: readId(id),
    text: readText(text),
    probability: readShare(probability),
  };
}

function readId(reader: FieldReader): number {
  return reader.whole(0, 2 ** 31 - 1);
}

/** Of one token. */
function readText(reader: FieldReader): string {
  return reader.text(1000);
}

function readShare(reader: FieldReader): number {
  return reader.number(0, 1);
}
