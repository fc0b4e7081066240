import { describeError, type UnmaskError } from '../../errors';
import type { Client, GenerateSettings, ModelInfo } from '../../library/unmask';
import { newSeed } from '../settings/new-seed';
import { reportFor, type Settings } from '../settings/settings';
import { sameSettings, settingsForNextBlock } from '../settings/settings-in-run';
import type { Link } from '../share/link';
import type { Story } from '../story/story';
import type { Page } from './page';
import { isBusy, isWriting } from './session';

/** What the writer needs of the page. */
export interface WriterPage extends Page {
  /** Has the model; undefined before the first load. */
  readonly client: Client | undefined;
}

/** How long a setting rests before the text that is being written takes it, in milliseconds: sliders are dragged. */
const CHANGE_REST = 200;

/** Has one text written at a time. */
export class Writer {
  readonly #page: WriterPage;
  #link: Link | null = null;
  /** What the worker was asked last to write with. */
  #asked: GenerateSettings | undefined;
  /** Until a changed setting has rested. */
  #changing: ReturnType<typeof setTimeout> | undefined;
  #writing = new AbortController();

  constructor(page: WriterPage) {
    this.#page = page;
  }

  /** The next text is a link's, with its settings. */
  follow(link: Link | null): void {
    this.#link = link;
  }

  /** The link whose text has not begun yet. */
  get link(): Link | null {
    return this.#link;
  }

  /** Draws a seed if each text has its own. */
  drawSeed(): void {
    const { model, settings } = this.#page.session;
    if (model.phase === 'ready' && settings.seeds === 'new each time') this.#page.set({ seed: newSeed() });
  }

  /** Ends what is being written. Undefined where there is no model. */
  prepare(): ModelInfo | undefined {
    const { model } = this.#page.session;
    if (model.phase !== 'ready') return undefined;
    this.end();
    this.#link = null;
    return model.info;
  }

  /** Writes a story that has begun with its settings. */
  async write(story: Story, inForce: Settings): Promise<void> {
    const page = this.#page;
    if (!page.client) return;
    this.#writing = new AbortController();
    const { signal } = this.#writing;
    this.#asked = story.settings;
    page.dispatch({ type: 'writing-started', story, inForce });
    try {
      for await (const message of page.client.generate(story.settings, signal, reportFor(page.session.settings))) {
        page.dispatch({ type: 'written', message });
      }
    } catch (error) {
      if (!signal.aborted) page.dispatch({ type: 'writing-failed', problem: describeError(error) });
    }
  }

  /** Settings were changed: the text on screen takes those that it can with its next block, once they have rested. */
  changeSoon(): void {
    clearTimeout(this.#changing);
    if (isWriting(this.#page.session)) this.#changing = setTimeout(() => this.change(), CHANGE_REST);
  }

  /** The same at once. */
  change(): void {
    const { session, client } = this.#page;
    const { story, inForce, model } = session;
    if (!story || !isWriting(session) || model.phase !== 'ready') return;
    const wanted = settingsForNextBlock(story, inForce, model.info);
    if (!this.#asked || sameSettings(wanted, this.#asked)) return;
    this.#asked = wanted;
    client?.change(wanted);
  }

  /** Ends what is being written in whichever view; it failed if there is a problem. */
  end(problem?: UnmaskError): void {
    const { session, dispatch } = this.#page;
    if (!isBusy(session)) return;
    this.#writing.abort();
    dispatch(problem ? { type: 'writing-failed', problem: describeError(problem) } : { type: 'writing-stopped' });
  }
}
