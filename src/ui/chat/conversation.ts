import type { ChatTurn } from '../../library/unmask';
import { type Story, wholeText } from '../story/story';

/** A turn as it is shown. */
export interface ShownTurn extends ChatTurn {
  /** Of an answer, its tokens and how they came; null for one that is known by its text alone. */
  readonly answer: Story | null;
}

/** The turns of a conversation, that of `story` last: what has been written of it, which may be nothing. */
export function turnsOf(story: Story | null): readonly ChatTurn[] {
  const { messages } = story?.settings ?? {};
  return story && messages ? [...messages, { role: 'assistant', content: wholeText(story) }] : [];
}

/** The same with the stories of their answers, as far as they are known. The system turn is left out. */
export function shownTurns(story: Story): readonly ShownTurn[] {
  const answers = new Map<number, Story>();
  for (let each: Story | null = story; each; each = each.before) answers.set(indexOf(each), each);
  return withoutSystem(turnsOf(story)).map((turn, index) => ({ ...turn, answer: answers.get(index) ?? null }));
}

/** Which turn a story answers with, the system turn not counted. */
function indexOf({ settings: { messages } }: Story): number {
  return withoutSystem(messages ?? []).length;
}

/** Turns without the one that a conversation may begin with. */
export function withoutSystem(turns: readonly ChatTurn[]): readonly ChatTurn[] {
  return turns.filter(({ role }) => role !== 'system');
}

/** What a conversation began with; '' for nothing. */
export function systemOf(story: Story | null): string {
  const first = story?.settings.messages?.[0];
  return first?.role === 'system' ? first.content : '';
}

/** What an answer answers; '' for a text that is none. */
export function questionOf({ settings: { messages } }: Story): string {
  return messages?.at(-1)?.content ?? '';
}

/** A conversation to answer. */
export interface Asked {
  readonly messages: readonly ChatTurn[];
  /** The last of the answers in it, if its tokens are known. */
  readonly before: Story | null;
}

/** The conversation of `story`, then a question. It begins with `system`, whatever it began with before. */
export function ask(story: Story | null, question: string, system: string): Asked {
  return { messages: asked(turnsOf(story), question, system), before: story };
}

/** The same with another question in the place of turn `index` of `shownTurns`: what came after it is gone. */
export function askInstead(story: Story, index: number, question: string, system: string): Asked {
  let before: Story | null = story;
  while (before && indexOf(before) >= index) before = before.before;
  return { messages: asked(withoutSystem(turnsOf(story)).slice(0, index), question, system), before };
}

function asked(turns: readonly ChatTurn[], question: string, system: string): readonly ChatTurn[] {
  const first: readonly ChatTurn[] = system.trim() === '' ? [] : [{ role: 'system', content: system.trim() }];
  return [...first, ...withoutSystem(turns), { role: 'user', content: question.trim() }];
}

/** True for turns that can be answered: a system turn or none, then questions with their answers, a question last. */
export function isConversation(messages: readonly ChatTurn[]): boolean {
  const said = messages[0]?.role === 'system' ? messages.slice(1) : messages;
  const alternates = said.every(({ role }, index) => role === (index % 2 === 0 ? 'user' : 'assistant'));
  return alternates && said.length % 2 === 1;
}

/** True where `answer` is one of those before the answer `story`, word for word. */
export function isAnswerBefore(answer: Story, story: Story): boolean {
  const turns = withoutSystem(story.settings.messages ?? []);
  const begins = withoutSystem(turnsOf(answer));
  return (
    begins.length > 0 &&
    begins.length < turns.length &&
    begins.every(({ role, content }, index) => turns[index]?.role === role && turns[index].content === content)
  );
}

/** How many of a story's turns the model did not read, since they had no room: those before this index, but the system turn. */
export function unreadTurns({ settings: { messages }, read }: Story): number {
  return messages && read ? messages.length - read.length : 0;
}

/** The whole conversation as Markdown, to be copied. */
export function asMarkdown(story: Story): string {
  const names = { system: 'System', user: 'You', assistant: story.provenance?.model.name ?? 'The model' };
  const said = turnsOf(story).filter(({ content }) => content.trim() !== '');
  return said.map(({ role, content }) => `**${names[role]}:**\n\n${content.trim()}\n`).join('\n');
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
