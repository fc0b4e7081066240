import { expect } from 'vitest';
import { Controller } from '../../src/ui/session/controller';
import type { Session } from '../../src/ui/session/session';
import { DEFAULT_SETTINGS, type Settings } from '../../src/ui/settings/settings';
import { openClient, settle } from '../worker/line';
import { ScriptedModel } from '../worker/scripted-model';

/**
 * A page without a page: the real controller, client and worker side, and a scripted model. `crash` lets the worker
 * that was started last stop.
 */
export function openPage(model = new ScriptedModel(), change: Partial<Settings> = {}) {
  const saved: Settings[] = [];
  const clients: ReturnType<typeof openClient>[] = [];
  const controller = new Controller({
    settings: { ...DEFAULT_SETTINGS, maxTokens: 4, ...change },
    embeddedUrl: 'http://x/m/',
    connect(events) {
      clients.push(openClient(model, events));
      return clients.at(-1)!.client;
    },
    saveSettings: (settings) => saved.push(settings),
  });
  const crash = () => clients.at(-1)!.page().dispatchEvent(new Event('error'));
  return { model, controller, saved, clients, crash };
}

export async function until(controller: Controller, holds: (session: Session) => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !holds(controller.session); tries++) await settle(2);
  expect(holds(controller.session)).toBe(true);
}
