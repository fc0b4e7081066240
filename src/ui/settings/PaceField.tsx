import { memo } from 'react';
import { ChoiceField } from '../fields/ChoiceField';
import type { Controller } from '../session/controller';
import { PACES, type Pace } from './settings';

const CHOICES = [
  { value: 'slow', label: 'Slow' },
  { value: 'steady', label: 'Steady' },
  { value: 'brisk', label: 'Brisk' },
  { value: 'full', label: 'Full speed' },
] as const satisfies readonly { value: Pace; label: string }[];

/** How fast the text appears. */
export const PaceField = memo(function PaceField({ pace, controller }: { pace: Pace; controller: Controller }) {
  return (
    <ChoiceField
      label="Pace"
      value={pace}
      choices={CHOICES}
      hint={
        pace === 'full'
          ? 'Words appear as soon as they are written.'
          : `Shows up to ${PACES[pace]} steps a second. The model itself writes at full speed.`
      }
      onChange={(pace) => controller.set({ pace })}
    />
  );
});
