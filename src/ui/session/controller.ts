import { createStore, type StoreApi } from 'zustand/vanilla';
import { UnmaskError } from '../../errors';
import type { AlternativeToken, Client, WorkerEvents } from '../../library/unmask';
import type { Asked } from '../chat/conversation';
import { Editor } from '../editing/editor';
import type { EmbeddedModel } from '../models/embedded-models';
import { ModelLoader } from '../models/model-loader';
import { newSeed } from '../settings/new-seed';
import { blockSizeFor, generateSettings, type Settings, settingsOn } from '../settings/settings';
import { type Link, samplingSettings, textSettings, writerOf } from '../share/link';
import { Alternatives } from '../story/alternatives';
import type { Provenance } from '../story/provenance';
import { idsAfterPrompt, newStory, newStoryAfter, type Story } from '../story/story';
import { Playback } from '../timeline/playback';
import { type Action, reduce } from './reduce';
import {
  answers,
  canContinue,
  type Desk,
  isBusy,
  isByModelInUse,
  isWriting,
  newSession,
  type Session,
} from './session';
import { Writer } from './writer';

export interface ControllerOptions {
  readonly settings: Settings;
  /** Absolute URL of the folder of the model that comes with the page, with its last slash. */
  readonly embeddedUrl: string;
  /** As `ModelFacts.digest`, of that model. */
  readonly embeddedDigest?: string | undefined;
  /** The other models that come with it. */
  readonly moreModels?: readonly EmbeddedModel[];
  /** Where Hugging Face repositories are, if a page names a mirror. */
  readonly hub?: string | undefined;
  /** Starts a worker. */
  readonly connect: (events: WorkerEvents) => Client;
  readonly saveSettings: (settings: Settings) => void;
}

/** The page without its looks: holds the session and does what the person asks. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly store: StoreApi<Session>;
  readonly models: ModelLoader;
  readonly playback: Playback;
  readonly editor: Editor;
  readonly #writer: Writer;
  readonly #alternatives = new Alternatives();
  /** How many runs of other views are on. */
  #lent = 0;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.store = createStore(() => newSession(options.settings));
    const controller = this;
    const page = {
      get session() {
        return controller.session;
      },
      get client() {
        return controller.models.client;
      },
      dispatch: (action: Action) => this.#dispatch(action),
      set: (change: Partial<Settings>) => this.set(change),
      endWriting: (problem?: UnmaskError) => this.#writer.end(problem),
    };
    this.#writer = new Writer(page);
    this.models = new ModelLoader(page, options.settings.model, options);
    this.playback = new Playback(page.dispatch);
    this.editor = new Editor(page, this.#writer);
  }

  get session(): Session {
    return this.store.getState();
  }

  /** Changes settings. A text that is being written takes those that it can with its next block. */
  set(change: Partial<Settings>): void {
    this.#dispatch({ type: 'settings-changed', change });
    this.#options.saveSettings(this.session.settings);
    this.#writer.changeSoon();
  }

  /**
   * What opening the page does: loads the model and, once it is there, begins to write, unless there is a text and no
   * link has been followed meanwhile.
   */
  async open(): Promise<void> {
    await this.models.load();
    if (!this.session.story || this.#writer.link) await this.write();
  }

  /** The next text is a link's, with its settings. The page's own stay as they are. */
  follow(link: Link): void {
    this.#writer.follow(link);
  }

  /** Takes the settings that the text on screen came with as the page's own. */
  adoptSettings(): void {
    const { story } = this.session;
    if (!story?.provenance) return;
    const { first } = story.provenance;
    this.set(story.settings.messages ? samplingSettings(first) : first);
  }

  /** Shows a text that was written before, in place of one that is being written. */
  show(story: Story): void {
    this.turnTo(story.settings.messages ? 'chat' : 'write');
    this.stop();
    this.#writer.follow(null);
    this.#dispatch({ type: 'story-opened', story });
  }

  /** Shows the work of one of the views that write. What is being written in the other goes on. */
  turnTo(desk: Desk): void {
    if (desk === this.session.desk) return;
    this.#dispatch({ type: 'desk-turned', desk });
    // The settings may have changed meanwhile.
    this.#writer.change();
  }

  /** Writes a text with the settings as they are, or a link's that waits, in place of one that is being written. */
  async write(): Promise<void> {
    this.turnTo('write');
    const { link } = this.#writer;
    if (!link) this.#writer.drawSeed();
    await this.#write({ ...this.session.settings, ...link?.settings }, link ?? 'here');
  }

  async #write(inForce: Settings, source: Provenance['source']): Promise<void> {
    const info = this.#writer.prepare();
    if (!info) return;
    const settings = settingsOn(inForce, info);
    const heading = settings.form === 'titled' ? { kind: settings.kind, title: settings.title.trim() } : null;
    const blockSize = settings.blockSize === null ? null : blockSizeFor(settings, info);
    const first = { ...textSettings(settings), blockSize };
    const provenance: Provenance = { first, model: writerOf(info), changes: 0, source };
    await this.#writer.write(newStory(generateSettings(settings, info), heading, provenance), inForce);
  }

  /** Answers a conversation, in place of one that is being answered. Does nothing where the model cannot. */
  async converse(asked: Asked): Promise<void> {
    this.turnTo('chat');
    if (!answers(this.session)) return;
    this.#writer.drawSeed();
    const { settings, inForce } = this.session;
    await this.#answer(asked, { ...settings, system: inForce.system }, 'here');
  }

  /** Writes the last answer of a conversation as it was written first: with the settings that its link has. */
  async answerAgain(): Promise<void> {
    const {
      story,
      settings,
      inForce: { system },
    } = this.session;
    if (!story?.provenance || !story.settings.messages || !answers(this.session)) return;
    const { before, provenance } = story;
    const inForce = { ...settings, ...samplingSettings(provenance.first), system };
    await this.#answer({ messages: story.settings.messages, before }, inForce, provenance.source);
  }

  async #answer({ messages, before }: Asked, inForce: Settings, source: Provenance['source']): Promise<void> {
    const info = this.#writer.prepare();
    if (!info) return;
    const asked = { ...generateSettings(inForce, info), prompt: '', messages };
    const provenance: Provenance = { first: textSettings(inForce), model: writerOf(info), changes: 0, source };
    await this.#writer.write({ ...newStory(asked, null, provenance), before }, inForce);
  }

  /** Writes the text on screen again with another seed. */
  async writeAnother(): Promise<void> {
    const { story, inForce, settings } = this.session;
    const messages = story?.settings.messages;
    const seed = newSeed();
    // One's own seed is not for a text with a link's.
    if (messages || inForce.seed === settings.seed) this.set({ seed });
    await (messages ? this.converse({ messages, before: story.before }) : this.#write({ ...inForce, seed }, 'here'));
  }

  /** Goes on where the text on screen ends, as many tokens again, with the settings as they are. */
  async writeOn(): Promise<void> {
    const { story } = this.session;
    if (!story || !canContinue(this.session)) return;
    this.#writer.drawSeed();
    const info = this.#writer.prepare();
    if (!info) return;
    const { inForce } = this.session;
    const { prompt, messages } = story.settings;
    const asked = { ...generateSettings(inForce, info), prompt, messages, after: idsAfterPrompt(story) };
    await this.#writer.write(newStoryAfter(story, asked), inForce);
  }

  /** Loads the model onto the CPU, and writes what the text on screen still lacks of its length. */
  async goOnWithCpu(): Promise<void> {
    this.set({ backend: 'wasm' });
    await this.models.load();
    const { story, inForce } = this.session;
    if (!story || !canContinue(this.session)) return;
    const { settings } = story;
    const after = idsAfterPrompt(story);
    const maxTokens = settings.maxTokens - (after.length - settings.after.length);
    if (maxTokens > 0) await this.#writer.write(newStoryAfter(story, { ...settings, after, maxTokens }), inForce);
  }

  /** Takes the text off the screen; Undo brings it back. */
  clear(): void {
    this.stop();
    this.#dispatch({ type: 'cleared' });
  }

  /** Goes back to the text that was on screen before this one. */
  undo(): void {
    this.stop();
    this.#dispatch({ type: 'undone' });
  }

  redo(): void {
    this.stop();
    this.#dispatch({ type: 'redone' });
  }

  /** Goes back, or forward again, to one of the texts that were on screen. */
  returnTo(story: Story): void {
    this.stop();
    this.#writer.follow(null);
    this.#dispatch({ type: 'returned', story });
  }

  /** Takes the notices about the model off the screen. */
  readNotices(): void {
    this.#dispatch({ type: 'notices-read' });
  }

  /** True while a view that does not write has the model. */
  get isLent(): boolean {
    return this.#lent > 0;
  }

  /** A run for a view that does not write, in place of a text that is being written. */
  async *lend<Message>(run: (client: Client) => AsyncIterable<Message>): AsyncGenerator<Message, void> {
    this.#writer.end();
    const { client } = this.models;
    if (!client) throw new UnmaskError('bad-input', 'No model is loaded. Load the model, then try again.');
    this.#lent++;
    try {
      yield* run(client);
    } finally {
      this.#lent--;
    }
  }

  /** What else could have stood at a place of a text, if that is known already. */
  knownAlternatives(story: Story, block: number, token: number): readonly AlternativeToken[] | null {
    return this.#alternatives.known(story, block, token);
  }

  /** Asks the model for that, unless it is at work: its run would end. Null where there is no answer. */
  async inspect(
    story: Story,
    block: number,
    token: number,
    signal: AbortSignal,
  ): Promise<readonly AlternativeToken[] | null> {
    const { client } = this.models;
    const { model } = this.session;
    if (!client || model.phase !== 'ready' || isBusy(this.session) || this.isLent) return null;
    if (!isByModelInUse(story, model)) return null;
    return this.#alternatives.ask(client, story, block, token, signal);
  }

  /** Ends the text on screen if it is being written; what is there stays. */
  stop(): void {
    if (isWriting(this.session)) this.#writer.end();
  }

  /** Ends the text on screen; one that is done already and still comes at a pace is shown whole. */
  stopOrShowAll(): void {
    const { playhead } = this.session;
    if (isWriting(this.session)) this.stop();
    else if (playhead?.clock === 'pace') this.playback.goLive();
  }

  /** Ends the text of the other view if it is being written. */
  stopElsewhere(): void {
    if (!isWriting(this.session)) this.#writer.end();
  }

  #dispatch(action: Action): void {
    this.store.setState(reduce(this.session, action), true);
  }
}
