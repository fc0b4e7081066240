import { describeError } from '../errors';
import type { Client } from '../worker/client';
import { newSeed } from './new-seed';
import { type Action, isWriting, newSession, reduce, type Session } from './session';
import { generateSettings, type Settings } from './settings';
import { newStory } from './story';

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
    const { model } = this.#session;
    if (model.phase !== 'ready' || !this.#client) return;
    this.stop();
    if (this.#session.settings.seeds === 'new each time') this.set({ seed: newSeed() });
    const { settings } = this.#session;
    const asked = generateSettings(settings, model.info);
    const heading = settings.form === 'titled' ? { kind: settings.kind, title: settings.title.trim() } : null;
    this.#writing = new AbortController();
    const { signal } = this.#writing;
    this.#dispatch({ type: 'writing-started', story: newStory(asked, heading) });
    try {
      for await (const message of this.#client.generate(asked, signal)) this.#dispatch({ type: 'written', message });
    } catch (error) {
      if (!signal.aborted) this.#dispatch({ type: 'writing-failed', problem: describeError(error) });
    }
  }

  /** Ends the text that is being written; what is there stays. */
  stop(): void {
    if (!isWriting(this.#session)) return;
    this.#writing.abort();
    this.#dispatch({ type: 'writing-stopped' });
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
