import { createStore } from 'zustand/vanilla';
import { describeError } from '../../errors';
import type { ModelPlace } from '../../library/unmask';
import { viewOf } from '../page/view';
import type { Controller } from '../session/controller';
import { isByModelInUse, isWriting, type ModelState, type Session, traitsOf } from '../session/session';
import type { Settings } from '../settings/settings';
import type { Story } from '../story/story';
import { type ChatLink, chatAddress, chatHash, goesOnFrom, readChatLink, storyOfLink } from './chat-link';
import { type KeptText, keepText, keptText } from './kept-text';
import { differenceOf, linkHash, originOf, readLink, samplingSettings, textAddress, textSettings } from './link';
import { openRunFile, writeRunFile } from './run-file';

/** The address bar. */
export interface Address {
  /** From its `#` on. */
  readonly hash: string;
  /** Puts another in its place, without an entry in the history. */
  replace(hash: string): void;
  /** Adds another to the history, from which Back returns to this one. */
  push(hash: string): void;
  /** What was kept with this entry of the history, which a reload finds again. It is not to be trusted. */
  readonly kept: unknown;
  keep(text: KeptText | null): void;
}

/** What could not be opened, and why. */
interface Refusal {
  readonly refused: { readonly what: 'file' | 'address'; readonly why: string } | null;
}

/** Keeps the address that of the text on screen, follows links, and saves and opens runs. */
export class Sharing {
  readonly #controller: Controller;
  readonly #address: Address;
  readonly store = createStore<Refusal>(() => ({ refused: null }));
  #session: Session;
  /** What is kept with the address. */
  #kept: Story | null = null;

  constructor(controller: Controller, address: Address) {
    this.#controller = controller;
    this.#address = address;
    this.#session = controller.session;
    controller.store.subscribe(() => this.#look());
  }

  /**
   * What opening the page does: the first text is the one that was kept with the address, or the one that the address
   * names, which comes once there is a model.
   */
  begin(): void {
    const { hash, kept } = this.#address;
    const text = keptText(kept);
    if (text) {
      this.#kept = text;
      this.#controller.show(text);
      return;
    }
    const link = readLink(hash);
    if (link) {
      this.#controller.follow(link);
      this.#controller.models.beginWith(link.digest);
    }
    this.#showConversation(this.#readChatLink(hash));
  }

  /**
   * The address has changed under the page: shows the text that it names, which is written if it was not on screen
   * before, and fills in an address without a text.
   */
  arrive(): void {
    const { hash } = this.#address;
    if (viewOf(hash) === 'chat') this.#arriveInChat(hash);
    if (viewOf(hash) !== 'write') return;
    const link = readLink(hash);
    if (!link) {
      this.#fillAddress('replace');
      return;
    }
    this.#controller.turnTo('write');
    if (hash === addressOf(this.#session.story)) return;
    if (this.#returnTo(hash)) return;
    this.#controller.stop();
    this.#controller.follow(link);
    void this.#controller.write();
  }

  /** The same for a conversation, which comes as it was said and is not written anew. */
  #arriveInChat(hash: string): void {
    this.#controller.turnTo('chat');
    const link = this.#readChatLink(hash);
    // The conversation may have gone on since the address was left.
    const isHere = !link || goesOnFrom(this.#session.story, link);
    if (!isHere && !this.#returnTo(hash)) this.#showConversation(link);
    this.#fillAddress('replace');
  }

  /** Shows the text of an address that was on screen before; false where there is none. */
  #returnTo(hash: string): boolean {
    const { past, future } = this.#session;
    const has = (story: Story) => addressOf(story) === hash;
    const known = past.findLast(has) ?? future.find(has);
    if (known) this.#controller.returnTo(known);
    return known !== undefined;
  }

  #readChatLink(hash: string): ChatLink | null {
    try {
      return readChatLink(hash);
    } catch (error) {
      this.store.setState({ refused: { what: 'address', why: describeError(error).message } });
      return null;
    }
  }

  #showConversation(link: ChatLink | null): void {
    if (link) this.#controller.show(storyOfLink(link, traitsOf(this.#session.model)));
  }

  /** The link of the text on screen, from its `#` on; null where there is none. */
  get hash(): string | null {
    return hashOf(this.#session.story);
  }

  /** The text on screen as the text of a file; null while there is none or it is being written. */
  get file(): string | null {
    const { story } = this.#session;
    if (!story?.provenance || isWriting(this.#session)) return null;
    return writeRunFile(story, story.provenance);
  }

  /** Shows the run of a file. Where it cannot be read, the page stays as it is and `refused` says why. */
  async openFile(file: Blob): Promise<void> {
    try {
      const story = await openRunFile(file);
      this.#controller.show(story);
    } catch (error) {
      this.store.setState({ refused: { what: 'file', why: describeError(error).message } });
    }
  }

  /** Opens the model that wrote what is on screen. A link's text is written anew with it, a file's stays. */
  async switchTo(place: ModelPlace): Promise<void> {
    const source = this.#session.story?.provenance?.source;
    await this.#controller.models.open(place);
    if (typeof source !== 'object' || this.#session.model.phase !== 'ready') return;
    if (this.#session.desk === 'chat') return this.#controller.answerAgain();
    this.#controller.follow(source);
    await this.#controller.write();
  }

  forgetRefusal(): void {
    this.store.setState({ refused: null });
  }

  /** What has changed since the last look. */
  #look(): void {
    const before = this.#session;
    const session = this.#controller.session;
    this.#session = session;
    const begins = session.story?.phase === 'starting' && before.story?.phase !== 'starting';
    const isOther = session.desk === before.desk && session.past !== before.past;
    if (begins || isOther) this.forgetRefusal();
    const { story, desk } = session;
    const provenance = story?.provenance;
    const isOwn = provenance?.source === 'here' || (provenance?.changes ?? 0) > 0;
    const isAnother = begins && before.story !== null && desk === 'write' && isOwn;
    if (story?.provenance !== before.story?.provenance) this.#fillAddress(isAnother ? 'push' : 'replace');
    else if (desk === 'chat' && story?.phase !== before.story?.phase) this.#fillAddress('replace');
    this.#keepText();
  }

  /** The address of the text on screen. Without one it stays what it was. */
  #fillAddress(how: 'replace' | 'push'): void {
    const { story, desk } = this.#session;
    const isChat = desk === 'chat';
    const hash = isChat ? (story ? chatAddress(story) : '#chat') : addressOf(story);
    if (hash === null || hash === this.#address.hash || viewOf(this.#address.hash) !== desk) return;
    this.#address[how](hash);
    this.#kept = null;
    this.#keepText();
  }

  /** Keeps the text with its address where a reload cannot write it again: it was changed, or another model wrote it. */
  #keepText(): void {
    const { story, desk, model } = this.#session;
    if (model.phase !== 'ready' || isWriting(this.#session) || viewOf(this.#address.hash) !== desk) return;
    const isLinked = !story || (isByModelInUse(story, model) && (story.provenance?.changes ?? 0) === 0);
    const kept = isLinked ? null : story;
    if (kept === this.#kept) return;
    this.#kept = kept;
    this.#address.keep(kept && keepText(kept));
  }
}

function hashOf(story: Story | null): string | null {
  if (story?.settings.messages) return chatHash(story);
  const provenance = story?.provenance;
  return provenance ? linkHash(provenance.first, provenance.model) : null;
}

/** The address of a text; of one that was changed another than its link, so that Back leads to how it was. */
function addressOf(story: Story | null): string | null {
  const link = hashOf(story);
  if (!link || story?.settings.messages) return link;
  return textAddress(link, story?.provenance?.changes ?? 0);
}

/** True for a text that came by a link or a file, with other settings than the page's. */
export function hasOtherSettings(story: Story | null, settings: Settings): boolean {
  const provenance = story?.provenance;
  if (!story || !provenance || provenance.source === 'here') return false;
  // A conversation opens with no text of the page's.
  const theirs = story.settings.messages
    ? { ...textSettings(settings), ...samplingSettings(provenance.first) }
    : provenance.first;
  return linkHash({ ...textSettings(settings), seed: 0 }, null) !== linkHash({ ...theirs, seed: 0 }, null);
}

/** The digest of the model that wrote a text, where it is not the one in use; else null. */
export function writerElsewhere(story: Story | null, model: ModelState): string | null {
  if (!story?.provenance || model.phase !== 'ready') return null;
  const { source, model: writer } = story.provenance;
  const { digest } = typeof source === 'object' ? source : writer;
  return digest === model.info.digest ? null : digest;
}

/** A quiet line about where the text on screen comes from; null where there is nothing to say. */
export function noticeOf(story: Story | null, model: ModelState): string | null {
  if (!story?.provenance) return null;
  const here = model.phase === 'ready' ? originOf(model.info) : null;
  const { source, model: writer } = story.provenance;
  if (story.said !== null)
    return 'This conversation came from its address as plain text, so its tokens cannot be looked at.';
  if (typeof source === 'object') {
    const { blockSize } = source.settings;
    const { first } = story.provenance;
    const block =
      blockSize === null || blockSize === first.blockSize
        ? ''
        : `The model has no blocks of ${blockSize}, so it writes in blocks of ${first.blockSize}.`;
    return [source.note, block, here && differenceOf(source, here)].filter(Boolean).join(' ') || null;
  }
  const isOther = here !== null && here.digest !== writer.digest;
  const other = `${writer.name} wrote it, so it cannot be continued or edited with the model in use.`;
  // Another model can answer the next question of a conversation.
  if (source === 'here') return isOther && !story.settings.messages ? other : null;
  return isOther ? `Opened from a file. ${other}` : 'Opened from a file, not written just now.';
}
