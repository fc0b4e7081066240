import { createStore } from 'zustand/vanilla';
import { describeError } from '../../errors';
import type { ModelPlace } from '../../worker/protocol';
import { viewOf } from '../page/view';
import type { Controller } from '../session/controller';
import { isWriting, type ModelState, type Session } from '../session/session';
import { settingsOn } from '../settings/settings';
import type { Story } from '../story/story';
import { differenceOf, type Link, linkHash, originOf, readLink, type TextSettings, textSettings } from './link';
import { openRunFile, type SavedRun, writeRunFile } from './run-file';

/** The address bar. */
export interface Address {
  /** From its `#` on. */
  readonly hash: string;
  /** True for an address that `replace` set, also when the person comes back to it. */
  readonly isOurs: boolean;
  /** Puts another in its place, without an entry in the history. */
  replace(hash: string): void;
}

/** What there is to share of the text on screen. */
export interface Shared {
  /** What the text began with; null where there is none. */
  readonly first: TextSettings | null;
  /** The model that wrote it. */
  readonly model: SavedRun['model'] | null;
  /** True where a link cannot tell the whole text: it was gone on with, edited, or set otherwise on the way. */
  readonly changed: boolean;
  /** Where it comes from, if not from the settings as a person set them here. */
  readonly source: Link | SavedRun | null;
  /** Why a file could not be opened. */
  readonly refused: string | null;
}

const NOTHING: Shared = { first: null, model: null, changed: false, source: null, refused: null };

/** How long the settings rest before the address has them: browsers count how often it changes. */
const REST_MS = 250;

/** Keeps the address in step with the page, follows links, and saves and opens runs. */
export class Sharing {
  readonly #controller: Controller;
  readonly #address: Address;
  readonly store = createStore<Shared>(() => NOTHING);
  /** A link whose text has not begun yet. */
  #link: Link | null = null;
  #session: Session;
  /** Of each text, also of one that is not on screen: undoing brings it back. */
  readonly #about = new WeakMap<Story, Shared>();
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(controller: Controller, address: Address) {
    this.#controller = controller;
    this.#address = address;
    this.#session = controller.session;
    controller.store.subscribe(() => this.#look());
  }

  get shared(): Shared {
    return this.store.getState();
  }

  /** What opening the page does: sets what the address says, if it is a link. The text comes once there is a model. */
  begin(): void {
    // After a reload the settings that were saved are newer than an address that the page wrote.
    this.#link = this.#address.isOurs ? null : readLink(this.#address.hash);
    if (this.#link) this.#controller.follow(this.#link.settings);
  }

  /** The address has changed under the page: follows a link, and fills in an address without a text. */
  arrive(): void {
    if (viewOf(this.#address.hash) !== 'write') return;
    const link = this.#address.isOurs ? null : readLink(this.#address.hash);
    if (!link) {
      this.#fillAddress();
      return;
    }
    this.#link = link;
    this.#controller.stop();
    this.#controller.follow(link.settings);
    void this.#controller.write();
  }

  /** The link of the text on screen, from its `#` on; null where there is none. */
  get hash(): string | null {
    const { first, model } = this.shared;
    return first && linkHash(first, model);
  }

  /** The text on screen as the text of a file; null while there is none or it is being written. */
  get file(): string | null {
    const { story } = this.#session;
    const { first, model, changed } = this.shared;
    if (!story || !first || !model || isWriting(this.#session)) return null;
    return writeRunFile({ model, first, changed, story });
  }

  /** Shows the run of a file. Where it cannot be read, the page stays as it is and `refused` says why. */
  async openFile(file: Blob): Promise<void> {
    try {
      const run = await openRunFile(file);
      this.#link = null;
      this.#controller.set(run.first);
      const { first, model, changed, story } = run;
      this.#about.set(story, { first, model, changed, source: run, refused: null });
      this.#controller.show(story);
    } catch (error) {
      this.#share({ ...this.shared, refused: describeError(error).message });
    }
  }

  /** Opens the model that wrote what is on screen. A link's text is written anew with it, a file's stays. */
  async switchTo(place: ModelPlace): Promise<void> {
    const { source } = this.shared;
    await this.#controller.models.open(place);
    if (!source || 'story' in source || this.#session.model.phase !== 'ready') return;
    this.#link = source;
    this.#controller.follow(source.settings);
    await this.#controller.write();
  }

  forgetRefusal(): void {
    this.#share({ ...this.shared, refused: null });
  }

  /** What has changed since the last look. */
  #look(): void {
    const before = this.#session;
    const session = this.#controller.session;
    this.#session = session;
    if (session.story !== before.story) this.#lookAtStory(session, before.story);
    if (session.settings !== before.settings || session.model !== before.model) this.#fillAddressSoon();
  }

  #lookAtStory({ story, settings, model }: Session, before: Story | null): void {
    // A conversation has no link and no file.
    if (!story || story.settings.messages) return;
    const known = this.#about.get(story);
    if (known) this.#share({ ...known, refused: null });
    if (known || model.phase !== 'ready') return;
    const begins = story.phase === 'starting' && before?.phase !== 'starting';
    const isNew = story.kept === null && story.earlier.length === 0 && story.settings.after.length === 0;
    if (begins && isNew) {
      const { name } = model.info;
      this.#share({
        first: textSettings(settingsOn(settings, model.info)),
        model: { name, ...originOf(model.info) },
        changed: false,
        source: this.#link,
        refused: null,
      });
      this.#link = null;
      this.#fillAddress();
    } else if (begins || isSetOtherwise(story, before)) {
      this.#share({ ...this.shared, changed: true });
    }
    this.#about.set(story, this.shared);
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

  #share(shared: Shared): void {
    this.store.setState(shared, true);
  }
}

/** True where a text that is being written goes on with other settings. */
function isSetOtherwise(story: Story, before: Story | null): boolean {
  if (before?.phase !== 'writing' || story.phase !== 'writing') return false;
  const { after: _, ...asked } = story.settings;
  return Object.entries(asked).some(([name, value]) => before.settings[name as keyof typeof asked] !== value);
}

/** The digest of the model that wrote what is on screen, where it is not the one in use; else null. */
export function writerElsewhere({ source }: Shared, model: ModelState): string | null {
  if (!source || model.phase !== 'ready') return null;
  const digest = 'story' in source ? source.model.digest : source.digest;
  return digest === model.info.digest ? null : digest;
}

/** A quiet line about where the text on screen comes from; null where there is nothing to say. */
export function noticeOf({ source }: Shared, model: ModelState): string | null {
  const here = model.phase === 'ready' ? originOf(model.info) : null;
  if (!source) return null;
  if (!('story' in source)) return here && differenceOf(source, here);
  if (here && here.digest !== source.model.digest) {
    return `Opened from a file. Another model wrote it (${source.model.name}), so what is written from here may not fit.`;
  }
  return 'Opened from a file: nothing was computed.';
}
