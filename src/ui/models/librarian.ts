import { describeError, UnmaskError } from '../../errors';
import type { Client, DistantPlace, KeptDtype, ModelPlace, ModelShelf } from '../../library/unmask';
import type { Page } from '../session/page';
import type { EmbeddedModel } from './embedded-models';
import type { Progress } from './pace';
import { watched } from './watched';

/** A model, or a checkpoint that is to be kept so. */
export interface Wanted {
  readonly place: DistantPlace;
  readonly dtype: KeptDtype | null;
  readonly name: string;
}

export interface LibrarianOptions {
  /** Where Hugging Face repositories are, if a page names a mirror. */
  readonly hub?: string | undefined;
  /** Absolute URL of the folder of the model that comes with the page, with its last slash. */
  readonly embeddedUrl: string;
}

/** Fetches, lists and removes models with a worker that has none, so that a text is written meanwhile. */
export class Librarian {
  readonly #page: Page;
  readonly #options: LibrarianOptions;
  readonly #connect: () => Client;
  #client: Client | undefined;
  #fetching = new AbortController();
  /** What was asked for last. */
  #wanted: Wanted | undefined;

  constructor(page: Page, options: LibrarianOptions, connect: () => Client) {
    this.#page = page;
    this.#options = options;
    this.#connect = connect;
  }

  list(): Promise<ModelShelf> {
    return this.#start().listModels(this.#options.embeddedUrl);
  }

  remove(id: string): Promise<void> {
    return this.#start().removeModel(id);
  }

  get wanted(): Wanted | undefined {
    return this.#wanted;
  }

  /**
   * The place to load a model from; null where there is none, and then the session says why, or offers a checkpoint.
   */
  async fetch(wanted: Wanted): Promise<ModelPlace | null> {
    askToKeep();
    this.#fetching = new AbortController();
    const { signal } = this.#fetching;
    const { place, dtype, name } = wanted;
    const { hub } = this.#options;
    this.#wanted = wanted;
    this.#page.dispatch({ type: 'fetch-started', name });
    try {
      const found = await watched(
        (onProgress) => this.#start().fetchModel(place, { signal, onProgress, dtype, ...(hub && { hub }) }),
        (progress) => signal.aborted || this.#page.dispatch({ type: 'fetch-progressed', progress }),
      );
      if (found.type !== 'offer') return found;
      if (!signal.aborted) this.#page.dispatch({ type: 'fetch-offered', offer: found.offer });
      return null;
    } catch (error) {
      if (!signal.aborted) this.#page.dispatch({ type: 'fetch-failed', problem: describeError(error) });
      return null;
    } finally {
      if (!signal.aborted && this.#page.session.fetch?.phase === 'fetching')
        this.#page.dispatch({ type: 'fetch-ended' });
    }
  }

  /** Ends that, and takes what it says off the screen. */
  cancel(): void {
    if (!this.#page.session.fetch) return;
    this.#fetching.abort();
    this.#page.dispatch({ type: 'fetch-ended' });
  }

  /** Keeps a model that comes with the page, behind whatever is at work. Rejects on abort too. */
  async keep(
    { url }: EmbeddedModel,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void,
  ): Promise<ModelPlace> {
    const place = { type: 'url', url } as const;
    const found = await watched(
      (onBytes) => this.#start().fetchModel(place, { signal, onProgress: onBytes }),
      onProgress,
    );
    if (found.type === 'offer') throw new UnmaskError('bad-model', 'This is a checkpoint, not a model folder.');
    return found;
  }

  /** The worker that has fetched, which is to load what it found: a model in memory is there alone. */
  handOver(): Client {
    const client = this.#start();
    this.#client = undefined;
    return client;
  }

  /** Ends the worker; what is asked next starts another. */
  dispose(): void {
    this.cancel();
    this.#client?.dispose();
    this.#client = undefined;
  }

  #start(): Client {
    this.#client ??= this.#connect();
    return this.#client;
  }
}

/** What is kept may go when the device runs out of space, unless the browser or the person says otherwise. */
function askToKeep(): void {
  // Missing on pages of plain http, and in Node.
  const storage: StorageManager | undefined = globalThis.navigator?.storage;
  storage?.persist().catch(() => {});
}
