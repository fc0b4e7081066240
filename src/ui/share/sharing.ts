import { createStore } from 'zustand/vanilla';
import { describeError } from '../../errors';
import type { ModelPlace } from '../../worker/protocol';
import { viewOf } from '../page/view';
import type { Controller } from '../session/controller';
import { isWriting, type ModelState, type Session } from '../session/session';
import type { Settings } from '../settings/settings';
import type { Story } from '../story/story';
import { differenceOf, type Link, linkHash, originOf, readLink, textSettings } from './link';
import { openRunFile, writeRunFile } from './run-file';

/** The address bar. */
export interface Address {
  /** From its `#` on. */
  readonly hash: string;
  /** Puts another in its place, without an entry in the history. */
  replace(hash: string): void;
  /** Adds another to the history, from which Back returns to this one. */
  push(hash: string): void;
}

interface Refusal {
  readonly refused: string | null;
}

/** Keeps the address that of the text on screen, follows links, and saves and opens runs. */
export class Sharing {
  readonly #controller: Controller;
  readonly #address: Address;
  /** Why a file could not be opened. */
  readonly store = createStore<Refusal>(() => ({ refused: null }));
  #session: Session;

  constructor(controller: Controller, address: Address) {
    this.#controller = controller;
    this.#address = address;
    this.#session = controller.session;
    controller.store.subscribe(() => this.#look());
  }

  /** What opening the page does: the first text is the one that the address names. It comes once there is a model. */
  begin(): void {
    const link = readLink(this.#address.hash);
    if (link) this.#controller.follow(link);
  }

  /**
   * The address has changed under the page: shows the text that it names, which is written if it was not on screen
   * before, and fills in an address without a text.
   */
  arrive(): void {
    const { hash } = this.#address;
    if (viewOf(hash) !== 'write') return;
    const link = readLink(hash);
    if (!link) {
      this.#fillAddress('replace');
      return;
    }
    this.#controller.turnTo('write');
    if (hash === this.hash) return;
    const { past, future } = this.#session;
    const known = past.findLast((story) => hashOf(story) === hash) ?? future.find((story) => hashOf(story) === hash);
    if (known) {
      this.#controller.returnTo(known);
      return;
    }
    this.#controller.stop();
    this.#controller.follow(link);
    void this.#controller.write();
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
      this.store.setState({ refused: describeError(error).message });
    }
  }

  /** Opens the model that wrote what is on screen. A link's text is written anew with it, a file's stays. */
  async switchTo(place: ModelPlace): Promise<void> {
    const link = linkOf(this.#session.story);
    await this.#controller.models.open(place);
    if (!link || this.#session.model.phase !== 'ready') return;
    this.#controller.follow(link);
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
    if (begins || session.past !== before.past) this.forgetRefusal();
    const isAnother = begins && before.story !== null && session.story?.provenance?.source === 'here';
    if (session.story?.provenance !== before.story?.provenance) this.#fillAddress(isAnother ? 'push' : 'replace');
  }

  /** The address of the text on screen. Without one it stays what it was. */
  #fillAddress(how: 'replace' | 'push'): void {
    const { hash } = this;
    if (hash === null || hash === this.#address.hash || viewOf(this.#address.hash) !== 'write') return;
    this.#address[how](hash);
  }
}

/** Null for a conversation too: a link has no room for one. */
function hashOf(story: Story | null): string | null {
  if (!story?.provenance || story.settings.messages) return null;
  return linkHash(story.provenance.first, story.provenance.model);
}

/** The link that a text was written for, if it was. */
function linkOf(story: Story | null): Link | null {
  const source = story?.provenance?.source;
  return typeof source === 'object' ? source : null;
}

/** True for a text that came by a link or a file, with other settings than the page's. */
export function hasOtherSettings(story: Story | null, settings: Settings): boolean {
  const provenance = story?.provenance;
  if (!provenance || provenance.source === 'here' || story.settings.messages) return false;
  const own = linkHash({ ...textSettings(settings), seed: 0 }, null);
  return own !== linkHash({ ...provenance.first, seed: 0 }, null);
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
  if (typeof source === 'object') return here && differenceOf(source, here);
  const isOther = here !== null && here.digest !== writer.digest;
  const other = `${writer.name} wrote it, so it cannot be continued or edited with the model in use.`;
  if (source === 'here') return isOther ? other : null;
  return isOther ? `Opened from a file. ${other}` : 'Opened from a file: nothing was computed.';
}
