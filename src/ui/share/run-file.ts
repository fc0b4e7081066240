import { type GenericSchema, type InferOutput, safeParse } from 'valibot';
import { UnmaskError } from '../../errors';
import type { Provenance } from '../story/provenance';
import { type Block, newStory, type Story, type Token, wholeText } from '../story/story';
import { runSchema, versionSchema } from './run-schema';

/** Of the format that this code reads and writes. */
const VERSION = 1;
const MOST_BYTES = 4e6;

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

function tokenRow({ id, text, probability, step }: Token) {
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
  const version = validate(versionSchema, value).unmask;
  if (version !== VERSION) {
    throw new UnmaskError('bad-input', `This run was saved by a newer Unmask (format ${version}). Reload the page.`);
  }
  const { model, first, changed, settings, heading, ...run } = validate(runSchema, value);
  return { ...newStory(settings, heading, { model, first, changed, source: 'file' }), ...run };
}

function validate<const Schema extends GenericSchema>(schema: Schema, value: unknown): InferOutput<Schema> {
  const result = safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [{ message, path = [] }] = result.issues;
  const field = path.map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
  throw new UnmaskError(
    'bad-input',
    `This is not a run that Unmask saved, or it is damaged: ${field ? `“${field.slice(1)}”` : 'it'} must be ${message}.`,
  );
}
