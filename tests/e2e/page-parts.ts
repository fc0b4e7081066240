import type { Settings } from '../../src/ui/settings/settings';

/** What the page's story can be at, as `data-phase` says. */
export type Phase = 'starting' | 'writing' | 'finished' | 'stopped' | 'failed';

/** Settings of a text that is short and the same every time. */
export const SETTINGS = {
  backend: 'wasm',
  seeds: 'keep',
  seed: 7,
  maxTokens: 32,
  blockSize: 8,
  policy: 'first-hitting',
} as const satisfies Partial<Settings>;

/** A text that goes on for a while: of six, the shortest met its end after 339 tokens. */
export const LONG_TEXT = { maxTokens: 1024, topP: 1 } as const satisfies Partial<Settings>;

/** What buttons, links and fields are called on the page. */
export const NAMES = {
  generate: 'Generate',
  stop: 'Stop',
  continue: 'Continue',
  share: 'Share',
  saveRun: 'Save run',
  close: 'Close',
  race: 'Race',
  startRace: 'Start the race',
  openModel: 'Open a model…',
  modelUrl: 'URL of a model folder or a checkpoint, or a Hugging Face repository (owner/name)',
  open: 'Open',
} as const;

/** The story while it is at one of these phases. */
export const storyAt = (phases: readonly Phase[]) =>
  phases.map((phase) => `article.story[data-phase="${phase}"]`).join(', ');

export const measureOf = (name: string) => `[data-measure="${name}"]`;

/** The text of the story, without what surrounds it. */
export const TEXT = '.story .text';
