import { describeError, UnmaskError } from '../errors';
import type { Client } from '../worker/client';
import type { GenerateSettings, ModelInfo, RaceMessage } from '../worker/protocol';
import { newSeed } from './new-seed';
import { type Action, canContinue, isWriting, newSession, reduce, type Session } from './session';
import { generateSettings, type Settings } from './settings';
import { idsAfterPrompt, newStory, newStoryAfter, type Story } from './story';

export interface ControllerOptions {
  readonly settings: Settings;
  /** Absolute URL of the model folder, with its last slash. */
  readonly modelUrl: string;
  /** Starts a worker. */
  readonly connect: () => Client;
  readonly saveSettings: (settings: Settings) => void;
}

/** The page without its looks: holds the session and does what the person asks. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #listeners = new Set<() => void>();
  #session: Session;
  #client: Client | undefined;
  #loading = new AbortController();
  #writing = new AbortController();

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#session = newSession(options.settings);
  }

  get session(): Session {
    return this.#session;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  set(change: Partial<Settings>): void {
    this.#dispatch({ type: 'settings-changed', change });
    this.#options.saveSettings(this.#session.settings);
  }

  /** What opening the page does: loads the model and, once it is there, begins to write. */
  async open(): Promise<void> {
    await this.load();
    await this.write();
  }

  /** Loads the model with the chosen backend in a fresh worker: only the end of a worker frees all its memory. */
  async load(): Promise<void> {
    this.stop();
    this.cancelLoad();
    this.#client?.dispose();
    const client = this.#options.connect();
    const { signal } = this.#replaceLoading();
    this.#client = client;
    this.#dispatch({ type: 'load-started' });
    try {
      const info = await client.load(this.#options.modelUrl, this.#session.settings.backend, {
        signal,
        onProgress: (loadedBytes, totalBytes) => this.#dispatch({ type: 'load-progressed', loadedBytes, totalBytes }),
      });
      this.#dispatch({ type: 'load-ended', info });
    } catch (error) {
      // A load that was cancelled has already been shown as such, or another has taken its place.
      if (signal.aborted || this.#client !== client) return;
      this.#dispatch({ type: 'load-failed', problem: describeError(error) });
    }
  }

  cancelLoad(): void {
    if (this.#session.model.phase !== 'loading') return;
    this.#loading.abort();
    this.#dispatch({ type: 'load-cancelled' });
  }

  /** Writes a text with the settings as they are, in place of one that is being written. */
  async write(): Promise<void> {
    const info = this.#prepareToWrite();
    if (!info) return;
    const { settings } = this.#session;
    const heading = settings.form === 'titled' ? { kind: settings.kind, title: settings.title.trim() } : null;
    await this.#generate(newStory(generateSettings(settings, info), heading));
  }

  /** Writes the same again with another seed. */
  async writeAnother(): Promise<void> {
    this.set({ seed: newSeed() });
    await this.write();
  }

  /** Goes on where the text on screen ends, as many tokens again, with the settings as they are. */
  async writeOn(): Promise<void> {
    const { story } = this.#session;
    if (!story || !canContinue(this.#session)) return;
    const info = this.#prepareToWrite();
    if (!info) return;
    const { prompt } = story.settings;
    const asked = { ...generateSettings(this.#session.settings, info), prompt, after: idsAfterPrompt(story) };
    await this.#generate(newStoryAfter(story, asked));
  }

  /** Ends what is being written, and draws a seed if each text has its own. Undefined where there is no model. */
  #prepareToWrite(): ModelInfo | undefined {
    const { model, settings } = this.#session;
    if (model.phase !== 'ready') return undefined;
    this.stop();
    if (settings.seeds === 'new each time') this.set({ seed: newSeed() });
    return model.info;
  }

  async #generate(story: Story): Promise<void> {
    if (!this.#client) return;
    this.#writing = new AbortController();
    const { signal } = this.#writing;
    this.#dispatch({ type: 'writing-started', story });
    try {
      for await (const message of this.#client.generate(story.settings, signal)) {
        this.#dispatch({ type: 'written', message });
      }
    } catch (error) {
      if (!signal.aborted) this.#dispatch({ type: 'writing-failed', problem: describeError(error) });
    }
  }

  /** Writes a text for each of the settings side by side, in place of one that is being written. As `Client.race`. */
  race(settings: readonly GenerateSettings[], signal: AbortSignal): AsyncIterable<RaceMessage> {
    this.stop();
    if (!this.#client) throw new UnmaskError('bad-input', 'No model is loaded. Load the model, then race.');
    return this.#client.race(settings, signal);
  }

  /** Ends the text that is being written; what is there stays. */
  stop(): void {
    if (!isWriting(this.#session)) return;
    this.#writing.abort();
    this.#dispatch({ type: 'writing-stopped' });
  }

  /** Shows the text as it was after its first `position` steps. */
  scrub(position: number): void {
    this.#dispatch({ type: 'scrubbed', position });
  }

  /** Shows it some steps later, or earlier for a negative number. */
  move(by: number): void {
    this.#dispatch({ type: 'moved', by });
  }

  moveByBlock(by: 1 | -1): void {
    this.#dispatch({ type: 'moved-by-block', by });
  }

  /** Shows the text as it is. */
  goLive(): void {
    this.#dispatch({ type: 'went-live' });
  }

  /** Plays the run back, or halts that. */
  togglePlay(): void {
    this.#dispatch({ type: 'play-toggled' });
  }

  /** Plays on after `seconds` of the clock on the wall. */
  playOn(seconds: number): void {
    this.#dispatch({ type: 'played-on', seconds: seconds * this.#session.settings.speed });
  }

  #replaceLoading(): AbortController {
    this.#loading = new AbortController();
    return this.#loading;
  }

  #dispatch(action: Action): void {
    this.#session = reduce(this.#session, action);
    for (const listener of this.#listeners) listener();
  }
}
