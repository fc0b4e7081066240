import { describeError, UnmaskError } from '../../errors';
import type { Client, KeptDtype, ModelInfo, ModelPlace, WorkerEvents } from '../../library/unmask';
import { tokensText } from '../fields/format';
import type { Page } from '../session/page';
import { nearestBlockSize } from '../settings/settings';
import { filesOfFolder } from './chosen-folder';
import type { EmbeddedModel } from './embedded-models';
import { Librarian, type LibrarianOptions, type Wanted } from './librarian';
import { placeName } from './place-name';
import { watched } from './watched';

/** What the loader needs of the page. */
export interface LoaderPage extends Page {
  /** Ends the text that is being written; it failed if there is a problem. */
  endWriting(problem?: UnmaskError): void;
}

export interface LoaderOptions extends LibrarianOptions {
  /** Of the model that comes with the page, where the build told it. */
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
  readonly #page: LoaderPage;
  readonly #options: LoaderOptions;
  readonly librarian: Librarian;
  /** Has the model. */
  #client: Client | undefined;
  #place: ModelPlace;
  /** Where to go back to if the model at `#place` cannot be opened. */
  #earlier: { readonly place: ModelPlace; readonly name: string } | null = null;
  #loading = new AbortController();
  /** Of its context that the model is loaded with. */
  #contextShare = 1;
  #restartedAt = Number.NEGATIVE_INFINITY;
  #left = false;
  /** True while the small model is in use only because the address named a text of it. */
  #lent = false;

  constructor(page: LoaderPage, model: string | null, options: LoaderOptions) {
    this.#page = page;
    this.#options = options;
    this.librarian = new Librarian(page, options, () => this.#connect());
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
    this.librarian.cancel();
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
    const { wanted } = this.librarian;
    if (fetch?.phase !== 'offered' || !wanted) return;
    await this.#fetchAndOpen({ place: wanted.place, dtype, name: fetch.name });
  }

  async #fetchAndOpen(wanted: Wanted): Promise<void> {
    const found = await this.librarian.fetch(wanted);
    if (found) await this.take(found);
  }

  /** Puts a model that was just fetched in place of the one in use. */
  async take(place: ModelPlace): Promise<void> {
    await this.#replace(place, this.librarian.handOver());
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

  /** Fetches what could not be fetched before. */
  async fetchAgain(): Promise<void> {
    const { wanted } = this.librarian;
    if (!wanted) return;
    this.librarian.cancel();
    await this.#fetchAndOpen(wanted);
  }

  /** The page is left: ends all work. */
  leave(): void {
    this.#left = true;
    this.librarian.dispose();
    this.#page.endWriting();
    this.#client?.dispose();
    this.#client = undefined;
  }

  /** The page is back as it was left. */
  async comeBack(): Promise<void> {
    if (!this.#left) return;
    this.#left = false;
    const { phase } = this.#page.session.model;
    if (phase === 'ready' || phase === 'loading') await this.load();
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
      if (!loaded.hasTokenizer) {
        client.dispose();
        throw new UnmaskError('bad-model', 'This model has no tokenizer, so the page cannot show its text.');
      }
      const info = this.#withOrigin(loaded);
      this.#earlier = null;
      page.dispatch({ type: 'load-ended', info });
      this.#fit(loaded);
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
    if (!this.#lent) this.#page.set({ model: keptId });
    const { settings } = this.#page.session;
    if (settings.blockSize === null || blockSizes.includes(settings.blockSize)) return;
    const blockSize = nearestBlockSize(settings.blockSize, blockSizes);
    this.#page.set({ blockSize });
    this.#notice(
      `${name} was not trained on blocks of ${tokensText(settings.blockSize)}, so the block size is now ${blockSize}.`,
    );
  }

  async #isGone(id: string): Promise<boolean> {
    const shelf = await this.librarian.list().catch(() => null);
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
