import { memo } from 'react';
import { ChoiceField } from '../fields/ChoiceField';
import type { Controller } from '../session/controller';
import { type ModelState, traitsOf } from '../session/session';
import { PRESETS, presetOf, presetSettings } from './presets';
import type { Settings } from './settings';

interface Props {
  readonly settings: Settings;
  readonly model: ModelState;
  readonly controller: Controller;
}

const CHOICES = PRESETS.map(({ name, label }) => ({ value: name, label }));

/** Whole sets of settings to begin with. */
export const PresetField = memo(function PresetField({ settings, model, controller }: Props) {
  const sizes = traitsOf(model);
  const current = presetOf(settings, sizes);
  return (
    <ChoiceField
      label="Style"
      value={current?.name ?? null}
      choices={CHOICES}
      hint={current?.text ?? 'Custom.'}
      onChange={(name) => {
        const preset = PRESETS.find((preset) => preset.name === name);
        if (preset) controller.set(presetSettings(preset, sizes));
      }}
    />
  );
});
