import { describeError, UnmaskError } from '../../errors';
import type {
  Client,
  DistantPlace,
  KeptDtype,
  ModelInfo,
  ModelPlace,
  ModelShelf,
  WorkerEvents,
} from '../../library/unmask';
import { tokensText } from '../fields/format';
import type { Action } from '../session/reduce';
import type { Session } from '../session/session';
import { nearestBlockSize, type Settings, unmaskingOn } from '../settings/settings';
import { filesOfFolder } from './chosen-folder';
import type { EmbeddedModel } from './embedded-models';
import type { Progress } from './pace';
import { placeName } from './place-name';
import { watched } from './watched';

/** What the loader needs of the page. */
export interface Page {
  readonly session: Session;
  dispatch(action: Action): void;
  /** Changes and saves settings. */
  set(change: Partial<Settings>): void;
  /** Ends the text that is being written; it failed if there is a problem. */
  endWriting(problem?: UnmaskError): void;
}

/** What was asked for last: a model, or a checkpoint that is to be kept so. */
interface Wanted {
  readonly place: DistantPlace;
  readonly dtype: KeptDtype | null;
  readonly name: string;
}

export interface LoaderOptions {
  /** Where Hugging Face repositories are, if a page names a mirror. */
  readonly hub?: string | undefined;
  /** Absolute URL of the folder of the model that comes with the page, with its last slash. */
  readonly embeddedUrl: string;
  /** Of that model, where the build told it. */
  readonly embeddedDigest?: string | undefined;
  /** The other models that come with the page; the last is the best. */
  readonly moreModels?: readonly EmbeddedModel[];
  /** Starts a worker. */
  readonly connect: (events: WorkerEvents) => Client;
}

/** A worker that stops twice within so many milliseconds is not started again unasked. */
const RESTARTS_APART_MS = 60_000;

const DEVICE_LOST = 'The GPU was lost. The model is being loaded onto it again, and the text will continue by itself.';

/**
 * Which model is in use, and the way to another: what has to be fetched is fetched by a second worker while the
 * first writes on, and only then is the first ended, since only that frees all its memory.
 */
export class ModelLoader {
  readonly #page: Page;
  readonly #options: LoaderOptions;
  /** Has the model. */
  #client: Client | undefined;
  /** Fetches, lists and removes; has no model. */
  #librarian: Client | undefined;
  #place: ModelPlace;
  /** Where to go back to if the model at `#place` cannot be opened. */
  #earlier: { readonly place: ModelPlace; readonly name: string } | null = null;
  /** What could not be fetched. */
  #wanted: Wanted | undefined;
  #loading = new AbortController();
  #fetching = new AbortController();
  /** Of its context that the model is loaded with. */
  #contextShare = 1;
  #restartedAt = Number.NEGATIVE_INFINITY;
  #left = false;
  /** True while the small model is in use only because the address named a text of it. */
  #lent = false;

  constructor(page: Page, model: string | null, options: LoaderOptions) {
    this.#page = page;
    this.#options = options;
    this.#place = model === null ? this.embedded : { type: 'kept', id: model };
  }

  /** Before the first load: the text that comes first was written by this model, which may be the one always at hand. */
  beginWith(digest: string | null): void {
    if (this.#place.type === 'embedded' || digest === null || digest !== this.#options.embeddedDigest) return;
    this.#place = this.embedded;
    this.#lent = true;
  }

  /** The worker with the model; undefined before the first load. */
  get client(): Client | undefined {
    return this.#client;
  }

  get embedded(): ModelPlace {
    return { type: 'embedded', url: this.#options.embeddedUrl };
  }

  /** The models that come with the page and are fetched only when they are wanted. */
  get moreModels(): readonly EmbeddedModel[] {
    return this.#options.moreModels ?? [];
  }

  /** The best of them, if there are any. */
  get better(): EmbeddedModel | null {
    return this.moreModels.at(-1) ?? null;
  }

  /** Puts another model in place of the one in use, which stays until the other is here whole. */
  async open(place: ModelPlace): Promise<void> {
    this.cancelFetch();
    // Who goes back to the small one wants to stay with it.
    if (place.type === 'embedded') this.#page.set({ upgrade: 'on request' });
    if (place.type === 'url' || place.type === 'folder') {
      await this.#fetchAndOpen({ place, dtype: null, name: placeName(place) });
      return;
    }
    await this.#replace(place, this.#connect());
  }

  /** Converts the checkpoint that is offered, then opens it. */
  async accept(dtype: KeptDtype): Promise<void> {
    const { fetch } = this.#page.session;
    if (fetch?.phase !== 'offered' || !this.#wanted) return;
    await this.#fetchAndOpen({ place: this.#wanted.place, dtype, name: fetch.name });
  }

  async #fetchAndOpen(wanted: Wanted): Promise<void> {
    askToKeep();
    const found = await this.#fetch(wanted);
    if (found) await this.take(found);
  }

  /** Keeps a model that comes with the page for `take`, behind whatever is at work. Rejects on abort too. */
  async keep(
    { url }: EmbeddedModel,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void,
  ): Promise<ModelPlace> {
    const place = { type: 'url', url } as const;
    const found = await watched(
      (onBytes) => this.#startLibrarian().fetchModel(place, { signal, onProgress: onBytes }),
      onProgress,
    );
    if (found.type === 'offer') throw new UnmaskError('bad-model', 'This is a checkpoint and no model folder.');
    return found;
  }

  /** Puts a model that was just fetched in place of the one in use. */
  async take(place: ModelPlace): Promise<void> {
    const fetcher = this.#librarian ?? this.#connect();
    this.#librarian = undefined;
    await this.#replace(place, fetcher);
  }

  /** Opens a folder that was dropped on the page. */
  async openDropped(folder: FileSystemDirectoryEntry): Promise<void> {
    try {
      await this.open(await filesOfFolder(folder));
    } catch {
      const message = 'The browser could not read this folder. Choose it with “Open a folder” instead.';
      this.#page.dispatch({ type: 'fetch-started', name: folder.name });
      this.#page.dispatch({ type: 'fetch-failed', problem: { code: 'bad-input', message } });
    }
  }

  /** Loads the model in a fresh worker. */
  load(): Promise<void> {
    return this.#load(this.#connect());
  }

  /** Loads the model with half of the context that it had no room for. */
  loadShorter(): Promise<void> {
    this.#contextShare /= 2;
    return this.load();
  }

  /** Loads the model that was in use before. */
  async goBack(): Promise<void> {
    if (!this.#earlier) return;
    this.#place = this.#earlier.place;
    this.#contextShare = 1;
    this.#earlier = null;
    await this.load();
  }

  cancelLoad(): void {
    if (this.#page.session.model.phase !== 'loading') return;
    this.#loading.abort();
    this.#page.dispatch({ type: 'load-cancelled' });
  }

  cancelFetch(): void {
    if (!this.#page.session.fetch) return;
    this.#fetching.abort();
    this.#page.dispatch({ type: 'fetch-ended' });
  }

  /** Fetches what could not be fetched before. */
  async fetchAgain(): Promise<void> {
    if (!this.#wanted) return;
    this.cancelFetch();
    await this.#fetchAndOpen(this.#wanted);
  }

  list(): Promise<ModelShelf> {
    return this.#startLibrarian().listModels(this.#options.embeddedUrl);
  }

  remove(id: string): Promise<void> {
    return this.#startLibrarian().removeModel(id);
  }

  /** The page is left: ends all work. */
  leave(): void {
    this.#left = true;
    this.cancelFetch();
    this.#page.endWriting();
    this.#client?.dispose();
    this.#librarian?.dispose();
    this.#client = undefined;
    this.#librarian = undefined;
  }

  /** The page is back as it was left. */
  async comeBack(): Promise<void> {
    if (!this.#left) return;
    this.#left = false;
    const { phase } = this.#page.session.model;
    if (phase === 'ready' || phase === 'loading') await this.load();
  }

  /**
   * The place to load a model from; null where there is none, and then the session says why, or offers a checkpoint.
   */
  async #fetch(wanted: Wanted): Promise<ModelPlace | null> {
    this.#fetching = new AbortController();
    const { signal } = this.#fetching;
    const { place, dtype, name } = wanted;
    const { hub } = this.#options;
    this.#wanted = wanted;
    this.#page.dispatch({ type: 'fetch-started', name });
    try {
      const found = await watched(
        (onProgress) => this.#startLibrarian().fetchModel(place, { signal, onProgress, dtype, ...(hub && { hub }) }),
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

  async #replace(place: ModelPlace, client: Client): Promise<void> {
    const { model } = this.#page.session;
    if (model.phase === 'ready') this.#earlier = { place: this.#place, name: model.info.name };
    this.#place = place;
    this.#lent = false;
    this.#contextShare = 1;
    await this.#load(client);
  }

  async #load(client: Client): Promise<void> {
    const page = this.#page;
    page.endWriting();
    this.cancelLoad();
    this.#client?.dispose();
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    this.#client = client;
    const place = this.#place;
    page.dispatch({ type: 'load-started', earlierModel: this.#earlier?.name ?? null });
    try {
      const loaded = await watched(
        (onProgress) =>
          client.load(place, page.session.settings.backend, {
            signal,
            onProgress,
            onCompiled: (done, total) =>
              this.#client === client && page.dispatch({ type: 'load-compiled', compiled: { done, total } }),
            context: { share: this.#contextShare },
          }),
        (progress) => this.#client === client && page.dispatch({ type: 'load-progressed', progress }),
      );
      const info = this.#withOrigin(loaded);
      this.#earlier = null;
      page.dispatch({ type: 'load-ended', info });
      this.#fit(info);
    } catch (error) {
      // A load that was cancelled has already been shown as such, or another has taken its place.
      if (signal.aborted || this.#client !== client) return;
      if (place.type === 'kept' && (await this.#isGone(place.id))) await this.#loadEmbeddedInstead();
      else page.dispatch({ type: 'load-failed', problem: describeError(error) });
    }
  }

  /** A model that comes with the page does so wherever it is kept. */
  #withOrigin(info: ModelInfo): ModelInfo {
    const { origin } = info;
    const isOurs = origin.type === 'url' && this.moreModels.some(({ url }) => url === origin.url);
    return isOurs ? { ...info, origin: { type: 'embedded' } } : info;
  }

  /** Moves the settings to what the model knows, and remembers it for the next visit. */
  #fit(info: ModelInfo): void {
    const { keptId, blockSizes, name } = info;
    const before = this.#page.session.settings;
    this.#page.set({ model: this.#lent ? before.model : keptId, ...unmaskingOn(before, info) });
    const { settings } = this.#page.session;
    if (settings.blockSize === null || blockSizes.includes(settings.blockSize)) return;
    const blockSize = nearestBlockSize(settings.blockSize, blockSizes);
    this.#page.set({ blockSize });
    this.#notice(
      `${name} was not trained on blocks of ${tokensText(settings.blockSize)}, so the block size is now ${blockSize}.`,
    );
  }

  async #isGone(id: string): Promise<boolean> {
    const shelf = await this.list().catch(() => null);
    return shelf !== null && !shelf.kept.some((model) => model.id === id);
  }

  async #loadEmbeddedInstead(): Promise<void> {
    this.#place = this.embedded;
    this.#earlier = null;
    await this.load();
    this.#notice('The model you used last is no longer saved here, so this is the one that comes with the page.');
  }

  #notice(notice: string): void {
    if (this.#page.session.model.phase === 'ready') this.#page.dispatch({ type: 'noticed', notice });
  }

  #connect(): Client {
    const client = this.#options.connect({
      stopped: (error) => {
        if (client === this.#client) void this.#restart(error);
      },
      deviceLost: () => {
        if (client === this.#client) this.#notice(DEVICE_LOST);
      },
    });
    return client;
  }

  #startLibrarian(): Client {
    this.#librarian ??= this.#connect();
    return this.#librarian;
  }

  /** The worker has stopped by itself. While it loads, the load says so. */
  async #restart(error: UnmaskError): Promise<void> {
    if (this.#page.session.model.phase !== 'ready') return;
    const now = performance.now();
    this.#page.endWriting(error);
    if (now - this.#restartedAt < RESTARTS_APART_MS) {
      this.#page.dispatch({ type: 'model-stopped', problem: describeError(error) });
      return;
    }
    this.#restartedAt = now;
    await this.load();
    this.#notice('The model stopped unexpectedly and was restarted.');
  }
}

/** What is kept may go when the device runs out of space, unless the browser or the person says otherwise. */
function askToKeep(): void {
  // Missing on pages of plain http, and in Node.
  const storage: StorageManager | undefined = globalThis.navigator?.storage;
  storage?.persist().catch(() => {});
}
