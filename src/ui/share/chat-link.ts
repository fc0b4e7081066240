import { UnmaskError } from '../../errors';
import type { ChatTurn } from '../../library/unmask';
import { isConversation, turnsOf } from '../chat/conversation';
import { DEFAULT_SETTINGS, generateSettings, type ModelTraits } from '../settings/settings';
import { newStory, type Story } from '../story/story';
import { addSettings, type Link, readOrigin, readSettings } from './link';

/** What the link of a conversation says: its turns as text, and what the last answer was written with. */
export interface ChatLink extends Link {
  /** Up to the last question. */
  readonly messages: readonly ChatTurn[];
  /** The answer to it; '' where there is none yet. */
  readonly said: string;
  /** The name of the model that wrote it. */
  readonly by: string;
}

/** Characters of a link: longer ones do not survive being sent. */
const LONGEST_MADE = 16_000;
const LONGEST_READ = 64_000;

/** The parameters that turns have in an address. */
const NAMES = { system: 'system', user: 'q', assistant: 'a' } as const satisfies Record<ChatTurn['role'], string>;
const ROLES = Object.entries(NAMES) as readonly [ChatTurn['role'], string][];

/** `#chat?q=Hello&a=Hi.&q=And%3F&a=Well.&seed=1&model=…&on=wasm&by=…`; null for a conversation that is too long for it. */
export function chatHash(story: Story): string | null {
  const { provenance } = story;
  if (!provenance || !story.settings.messages) return null;
  const parameters = new URLSearchParams();
  const turns = turnsOf(story);
  for (const [index, { role, content }] of turns.entries()) {
    if (index < turns.length - 1 || content !== '') parameters.append(NAMES[role], content);
  }
  addSettings(parameters, provenance.first, provenance.model);
  parameters.set('by', provenance.model.name);
  const hash = `#chat?${parameters}`;
  return hash.length <= LONGEST_MADE ? hash : null;
}

/** The address of a conversation: its link, or that it is lost once the page is left. */
export function chatAddress(story: Story): string {
  return chatHash(story) ?? `#chat?lost=${turnsOf(story).length}`;
}

/**
 * What the address of a conversation says; null for one without turns. It is not to be trusted: throws `bad-input` for
 * one that names no conversation.
 */
export function readChatLink(hash: string): ChatLink | null {
  if (!hash.startsWith('#chat?')) return null;
  if (hash.length > LONGEST_READ) throw damaged();
  const parameters = new URLSearchParams(hash.slice('#chat?'.length));
  if (parameters.has('lost')) {
    throw new UnmaskError(
      'bad-input',
      'This conversation was too long for an address, so it is gone. “Save run” keeps one as a file.',
    );
  }
  const turns = [...parameters].flatMap(([name, content]): ChatTurn[] => {
    const role = ROLES.find(([, parameter]) => parameter === name)?.[0];
    return role ? [{ role, content }] : [];
  });
  if (turns.length === 0) return null;
  const last = turns.at(-1);
  const messages = last?.role === 'assistant' ? turns.slice(0, -1) : turns;
  if (!isConversation(messages)) throw damaged();
  return {
    messages,
    said: last?.role === 'assistant' ? last.content : '',
    by: parameters.get('by')?.slice(0, 200) ?? 'Another model',
    settings: readSettings(parameters, {}),
    ...readOrigin(parameters),
    note: '',
  };
}

/** The conversation of a link, as it is shown before anything is computed. */
export function storyOfLink(link: ChatLink, model: ModelTraits): Story {
  const { messages, said, by, settings, digest, device } = link;
  const asked = generateSettings({ ...DEFAULT_SETTINGS, ...settings }, model);
  const writer = { name: by, digest: digest ?? '', device: device ?? '' };
  const provenance = { first: settings, model: writer, changes: 0, source: link };
  const story = newStory({ ...asked, prompt: '', messages }, null, provenance);
  return { ...story, phase: said === '' ? 'stopped' : 'finished', reason: said === '' ? null : 'eos', said };
}

/** True where a conversation begins with all that a link says. */
export function goesOnFrom(story: Story | null, { messages, said }: ChatLink): boolean {
  const linked = said === '' ? messages : [...messages, { role: 'assistant', content: said }];
  const turns = turnsOf(story);
  return linked.every(({ role, content }, index) => turns[index]?.role === role && turns[index].content === content);
}

function damaged(): UnmaskError {
  return new UnmaskError('bad-input', 'This conversation cannot be read: its address was cut off or changed.');
}
