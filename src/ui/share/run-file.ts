import { type GenericSchema, type InferOutput, safeParse } from 'valibot';
import { UnmaskError } from '../../errors';
import type { ChatTurn } from '../../library/unmask';
import { isAnswerBefore, isConversation, systemOf, unreadTurns, withoutSystem } from '../chat/conversation';
import type { Provenance } from '../story/provenance';
import { type Block, newStory, type Story, type Token, wholeText } from '../story/story';
import { runSchema, type SavedStory, versionSchema } from './run-schema';

/** Of the format that this code reads and writes. */
const VERSION = 1;
const MOST_BYTES = 16e6;

/**
 * The text of a file: all that is needed to show a text again without computing. Lists in place of objects where
 * there are many, since a run has thousands of tokens. Of a long conversation only the last answers keep their tokens.
 */
export function writeRunFile(story: Story, provenance: Provenance): string {
  const last = JSON.stringify(storyRow(story, provenance));
  const turns = JSON.stringify(withoutSystem(story.settings.messages ?? []));
  const answers: string[] = [];
  let length = last.length + turns.length;
  for (let each = story.before; each?.provenance; each = each.before) {
    const answer = JSON.stringify(storyRow(each, each.provenance));
    length += answer.length;
    // A character may take three bytes.
    if (length > MOST_BYTES / 3) break;
    answers.unshift(answer);
  }
  return `{"unmask":${VERSION},"turns":${turns},"answers":[${answers}],${last.slice(1)}`;
}

function storyRow(story: Story, { model, first, changes }: Provenance) {
  const { heading, said, phase, reason, promptTokens, kept, firstBlockSeconds, nfe, seconds } = story;
  const { messages, ...settings } = story.settings;
  return {
    model,
    first,
    changed: changes > 0,
    heading,
    settings,
    chat: messages
      ? { system: systemOf(story) || null, turns: withoutSystem(messages).length, unread: unreadTurns(story) }
      : null,
    said,
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
  };
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
  const { turns, answers, ...last } = validate(runSchema, value);
  return [...answers, last].reduce<Story | null>((before, run) => withAnswer(before, run, turns), null)!;
}

/** A run after those that a file has of the answers before it. */
function withAnswer(before: Story | null, saved: SavedStory, turns: readonly ChatTurn[]): Story {
  const { model, first, changed, settings, heading, chat, ...run } = saved;
  const provenance: Provenance = { model, first, changes: changed ? 1 : 0, source: 'file' };
  const messages = chat && turnsRead(chat, 0, turns);
  const read = chat && turnsRead(chat, chat.unread, turns);
  const asked = messages ? { ...settings, messages } : settings;
  const story = { ...newStory(asked, heading, provenance), ...run, read, before };
  const isWhole = (!messages || isConversation(messages)) && (!before || isAnswerBefore(before, story));
  if (isWhole) return story;
  throw new UnmaskError('bad-input', 'This run is damaged: its answers do not belong to one conversation.');
}

/** The turns that an answer goes on from, but for the first `unread`. */
function turnsRead({ system, turns }: NonNullable<SavedStory['chat']>, unread: number, said: readonly ChatTurn[]) {
  const first: readonly ChatTurn[] = system === null ? [] : [{ role: 'system', content: system }];
  return [...first, ...said.slice(unread, turns)];
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
