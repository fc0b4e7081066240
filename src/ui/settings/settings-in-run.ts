import type { GenerateSettings } from '../../library/unmask';
import type { Story } from '../story/story';
import { generateSettings, type ModelTraits, type Settings } from './settings';

/** What a text that is being written would be written with from its next block on, if the page's settings were in force. */
export function settingsForNextBlock(story: Story, settings: Settings, model: ModelTraits): GenerateSettings {
  const { prompt, messages, after, seed } = story.settings;
  const asked = generateSettings(settings, model);
  const maxTokens = Math.max(0, asked.maxTokens - (story.kept?.lessTokens ?? 0));
  return { ...asked, maxTokens, prompt, messages, after, seed };
}

/** Which of the page's settings are not in force in the text that is being written. */
export interface Waiting {
  /** Some take effect with the next block. */
  readonly forBlock: boolean;
  /** Some take effect with the next text. */
  readonly forText: boolean;
}

export const NOTHING_WAITS: Waiting = { forBlock: false, forText: false };

export function waitingSettings(story: Story, settings: Settings, model: ModelTraits): Waiting {
  const { prompt, seed } = generateSettings(settings, model);
  return {
    forBlock: !sameSettings(story.settings, settingsForNextBlock(story, settings, model)),
    // A text that went on has the prompt that it began with, whatever the page asks for.
    forText: seed !== story.settings.seed || (story.earlier.length === 0 && prompt !== story.settings.prompt),
  };
}

/** True where both write alike from the next block on: what was there before makes no difference to it. */
export function sameSettings(one: GenerateSettings, other: GenerateSettings): boolean {
  const keys = Object.keys(one) as (keyof GenerateSettings)[];
  return keys.every((key) => key === 'after' || one[key] === other[key]);
}
