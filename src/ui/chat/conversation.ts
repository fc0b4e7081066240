import type { ChatTurn } from '../../worker/protocol';
import { type Story, wholeText } from '../story/story';

/** The turns of a conversation, that of `story` last: what has been written of it, which may be nothing. */
export function turnsOf(story: Story | null): readonly ChatTurn[] {
  const { messages } = story?.settings ?? {};
  return story && messages ? [...messages, { role: 'assistant', content: wholeText(story) }] : [];
}

/** What a conversation began with; '' for nothing. */
export function systemOf(story: Story | null): string {
  const first = story?.settings.messages?.[0];
  return first?.role === 'system' ? first.content : '';
}

/** A conversation to answer: `turns`, then a question. It begins with `system`, whatever it began with before. */
export function ask(turns: readonly ChatTurn[], question: string, system: string): readonly ChatTurn[] {
  const said = turns.filter(({ role }) => role !== 'system');
  const first: readonly ChatTurn[] = system.trim() === '' ? [] : [{ role: 'system', content: system.trim() }];
  return [...first, ...said, { role: 'user', content: question.trim() }];
}

/** The same with another question in the place of turn `index`: what came after it is gone. */
export function askInstead(
  turns: readonly ChatTurn[],
  index: number,
  question: string,
  system: string,
): readonly ChatTurn[] {
  return ask(turns.slice(0, index), question, system);
}

/** How many of a story's turns the model did not read, since they had no room: those before this index, but the system turn. */
export function unreadTurns({ settings: { messages }, read }: Story): number {
  return messages && read ? messages.length - read.length : 0;
}

export interface Thought {
  /** What the model thought before its answer; null where it did not. */
  readonly thought: string | null;
  readonly answer: string;
}

const OPEN = '<think>';
const CLOSE = '</think>';

/** An answer without the thoughts before it. Thoughts that no answer follows yet are thoughts alone. */
export function withoutThought(text: string): Thought {
  const begins = text.trimStart().startsWith(OPEN);
  const end = text.indexOf(CLOSE);
  if (!begins && end < 0) return { thought: null, answer: text };
  const start = begins ? text.indexOf(OPEN) + OPEN.length : 0;
  const thought = text.slice(start, end < 0 ? undefined : end).trim();
  const answer = end < 0 ? '' : text.slice(end + CLOSE.length);
  return { thought: thought === '' ? null : thought, answer: answer.trim() };
}
