import { createStore } from 'zustand/vanilla';
import { describeError } from '../../errors';
import type { ModelPlace } from '../../worker/protocol';
import { viewOf } from '../page/view';
import type { Controller } from '../session/controller';
import { isWriting, type ModelState, type Session } from '../session/session';
import { settingsOn } from '../settings/settings';
import type { Story } from '../story/story';
import { differenceOf, type Link, linkHash, originOf, readLink } from './link';
import { openRunFile, writeRunFile } from './run-file';

/** The address bar. */
export interface Address {
  /** From its `#` on. */
  readonly hash: string;
  /** True for an address that `replace` set, also when the person comes back to it. */
  readonly isOurs: boolean;
  /** Puts another in its place, without an entry in the history. */
  replace(hash: string): void;
}

interface Refusal {
  readonly refused: string | null;
}

/** How long the settings rest before the address has them: browsers count how often it changes. */
const REST_MS = 250;

/** Keeps the address in step with the page, follows links, and saves and opens runs. */
export class Sharing {
  readonly #controller: Controller;
  readonly #address: Address;
  /** Why a file could not be opened. */
  readonly store = createStore<Refusal>(() => ({ refused: null }));
  #session: Session;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(controller: Controller, address: Address) {
    this.#controller = controller;
    this.#address = address;
    this.#session = controller.session;
    controller.store.subscribe(() => this.#look());
  }

  /** What opening the page does: sets what the address says, if it is a link. The text comes once there is a model. */
  begin(): void {
    // After a reload the settings that were saved are newer than an address that the page wrote.
    const link = this.#address.isOurs ? null : readLink(this.#address.hash);
    if (link) this.#controller.follow(link);
  }

  /** The address has changed under the page: follows a link, and fills in an address without a text. */
  arrive(): void {
    if (viewOf(this.#address.hash) !== 'write') return;
    const link = this.#address.isOurs ? null : readLink(this.#address.hash);
    if (!link) {
      this.#fillAddress();
      return;
    }
    this.#controller.stop();
    this.#controller.follow(link);
    void this.#controller.write();
  }

  /** The link of the text on screen, from its `#` on; null where there is none. */
  get hash(): string | null {
    const provenance = this.#session.story?.provenance;
    return provenance ? linkHash(provenance.first, provenance.model) : null;
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
      if (story.provenance) this.#controller.set(story.provenance.first);
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
    if (begins) this.#fillAddress();
    if (session.settings !== before.settings || session.model !== before.model) this.#fillAddressSoon();
  }

  /** The address of the settings as they are. Without a model it stays what it was. */
  #fillAddress(): void {
    clearTimeout(this.#rest);
    const { model, settings } = this.#session;
    if (model.phase !== 'ready' || viewOf(this.#address.hash) !== 'write') return;
    const hash = linkHash(settingsOn(settings, model.info), originOf(model.info));
    if (hash !== this.#address.hash) this.#address.replace(hash);
  }

  #fillAddressSoon(): void {
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#fillAddress(), REST_MS);
  }
}

/** The link that a text was written for, if it was. */
function linkOf(story: Story | null): Link | null {
  const source = story?.provenance?.source;
  return typeof source === 'object' ? source : null;
}

/** The digest of the model that wrote a text that was not begun here, where it is not the one in use; else null. */
export function writerElsewhere(story: Story | null, model: ModelState): string | null {
  if (!story?.provenance || model.phase !== 'ready') return null;
  const { source, model: writer } = story.provenance;
  if (source === 'here') return null;
  const { digest } = source === 'file' ? writer : source;
  return digest === model.info.digest ? null : digest;
}

/** A quiet line about where the text on screen comes from; null where there is nothing to say. */
export function noticeOf(story: Story | null, model: ModelState): string | null {
  if (!story?.provenance) return null;
  const here = model.phase === 'ready' ? originOf(model.info) : null;
  const { source, model: writer } = story.provenance;
  if (source === 'here') return null;
  if (source !== 'file') return here && differenceOf(source, here);
  if (here && here.digest !== writer.digest) {
    return `Opened from a file. Another model wrote it (${writer.name}), so what is written from here may not fit.`;
  }
  return 'Opened from a file: nothing was computed.';
}
