import { memo } from 'react';
import { ChoiceField } from '../fields/ChoiceField';
import type { Controller } from '../session/controller';
import { type ModelState, traitsOf } from '../session/session';
import { presetOf, presetSettings, presetsFor, presetText } from './presets';
import type { Settings } from './settings';

interface Props {
  readonly settings: Settings;
  readonly model: ModelState;
  readonly controller: Controller;
}

/** Whole sets of settings to begin with, and what they cost where the model runs. */
export const PresetField = memo(function PresetField({ settings, model, controller }: Props) {
  const sizes = traitsOf(model);
  const presets = presetsFor(sizes);
  const current = presetOf(settings, sizes);
  const info = model.phase === 'ready' ? model.info : null;
  return (
    <ChoiceField
      label="Style"
      value={current?.name ?? null}
      choices={presets.map((preset) => ({ value: preset.name, label: preset.label }))}
      hint={current ? presetText(current, info) : 'Custom: your own settings, below.'}
      onChange={(name) => {
        const preset = presets.find((preset) => preset.name === name);
        if (preset) controller.set(presetSettings(preset, sizes));
      }}
    />
  );
});
