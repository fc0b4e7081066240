import { createStore } from 'zustand/vanilla';
import { describeError } from '../../errors';
import type { ModelPlace } from '../../library/unmask';
import type { Controller } from '../session/controller';
import { isBusy, type Problem, type Session } from '../session/session';
import type { EmbeddedModel } from './embedded-models';
import { NO_PROGRESS, type Progress } from './pace';

/** How far the way to the page's better model is. */
export type UpgradeState =
  | { readonly phase: 'none' }
  | { readonly phase: 'offered'; readonly model: EmbeddedModel }
  | ({ readonly phase: 'fetching'; readonly model: EmbeddedModel } & Progress)
  /** It is here, and takes over once the text is whole and read. */
  | { readonly phase: 'waiting'; readonly model: EmbeddedModel }
  | { readonly phase: 'in use'; readonly model: EmbeddedModel }
  | { readonly phase: 'failed'; readonly model: EmbeddedModel; readonly problem: Problem };

/** How often it is looked whether the model is at rest, in milliseconds. */
const LOOK_MS = 250;

/**
 * The way from the small model that writes at once to the better one that comes with the page too. Where there is a
 * GPU and nobody saves data it is fetched behind the first text, and writes the next; elsewhere it is offered.
 */
export class Upgrade {
  readonly store = createStore<UpgradeState>(() => ({ phase: 'none' }));
  readonly #controller: Controller;
  readonly #savesData: boolean;
  #fetching = new AbortController();

  constructor(controller: Controller, savesData: boolean) {
    this.#controller = controller;
    this.#savesData = savesData;
    controller.store.subscribe((session) => this.#look(session));
  }

  /** Fetches the better model and lets it take over. */
  async fetch(): Promise<void> {
    const { models } = this.#controller;
    const { better: model } = models;
    if (!model) return;
    this.#fetching = new AbortController();
    const { signal } = this.#fetching;
    this.#set({ phase: 'fetching', model, ...NO_PROGRESS });
    try {
      const place = await models.librarian.keep(model, signal, (progress) => {
        if (!signal.aborted) this.#set({ phase: 'fetching', model, ...progress });
      });
      await this.#takeOver(model, place, signal);
    } catch (error) {
      if (!signal.aborted) this.#set({ phase: 'failed', model, problem: describeError(error) });
    }
  }

  /** Stops fetching. What is here of it stays, and no later visit begins by itself. */
  stop(): void {
    const { better: model } = this.#controller.models;
    if (!model) return;
    this.#fetching.abort();
    this.#controller.set({ upgrade: 'on request' });
    this.#set({ phase: 'offered', model });
  }

  async #takeOver(model: EmbeddedModel, place: ModelPlace, signal: AbortSignal): Promise<void> {
    const controller = this.#controller;
    if (signal.aborted) return;
    this.#set({ phase: 'waiting', model });
    while (!signal.aborted && isAtWork(controller)) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (signal.aborted) return;
    await controller.models.take(place);
    const { model: loaded } = controller.session;
    if (loaded.phase === 'failed') {
      this.#set({ phase: 'failed', model, problem: loaded.problem });
      await controller.models.goBack();
    }
  }

  #look(session: Session): void {
    const { better: model } = this.#controller.models;
    if (!model || session.model.phase !== 'ready') return;
    const { info } = session.model;
    const { phase } = this.store.getState();
    if (info.digest === model.digest) {
      if (phase === 'waiting') this.#set({ phase: 'in use', model });
      else if (phase !== 'none' && !(phase === 'in use' && !isBusy(session))) this.#set({ phase: 'none' });
      return;
    }
    // Who chose another model is not asked.
    if (info.origin.type !== 'embedded') {
      this.#fetching.abort();
      if (phase !== 'none') this.#set({ phase: 'none' });
      return;
    }
    if (phase !== 'none' && phase !== 'in use') return;
    if (!this.#isAutomatic(session)) this.#set({ phase: 'offered', model });
    else if (session.story) void this.fetch();
  }

  /** `auto` takes no software for a GPU. */
  #isAutomatic({ model, settings }: Session): boolean {
    const hasGpu = model.phase === 'ready' && model.info.backend === 'webgpu' && settings.backend === 'auto';
    return hasGpu && !this.#savesData && settings.upgrade === 'automatic';
  }

  #set(state: UpgradeState): void {
    this.store.setState(state, true);
  }
}

/** True while another model would take something from under the person's eyes or hands. */
function isAtWork({ session, isLent }: Controller): boolean {
  return isLent || isBusy(session) || session.edit !== null || session.playhead?.playing === true;
}
