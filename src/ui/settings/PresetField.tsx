import { memo } from 'react';
import { ChoiceField } from '../fields/ChoiceField';
import type { Controller } from '../session/controller';
import { type ModelState, traitsOf } from '../session/session';
import { presetOf, presetSettings, presetsFor } from './presets';
import type { Settings } from './settings';

interface Props {
  readonly settings: Settings;
  readonly model: ModelState;
  readonly controller: Controller;
}

/** Whole sets of settings to begin with, named for what they do where the model runs. */
export const PresetField = memo(function PresetField({ settings, model, controller }: Props) {
  const sizes = traitsOf(model);
  const presets = presetsFor(sizes);
  const current = presetOf(settings, sizes);
  const device = model.phase === 'ready' && model.info.backend === 'wasm' ? 'onCpu' : 'onGpu';
  return (
    <ChoiceField
      label="Style"
      value={current?.name ?? null}
      choices={presets.map((preset) => ({ value: preset.name, label: preset[device].label }))}
      hint={current?.[device].text ?? 'Custom.'}
      onChange={(name) => {
        const preset = presets.find((preset) => preset.name === name);
        if (preset) controller.set(presetSettings(preset, sizes));
      }}
    />
  );
});
