import { ActionButton } from '../fields/ActionButton';
import type { Controller } from '../session/controller';
import { newSeed } from '../settings/new-seed';
import type { Settings } from '../settings/settings';
import type { RaceRunner } from './race-runner';

interface Props {
  readonly settings: Settings;
  readonly running: boolean;
  /** Whether there was a race before. */
  readonly again: boolean;
  readonly ready: boolean;
  readonly runner: RaceRunner;
  readonly controller: Controller;
}

/** What both write, and the button that starts or stops them. */
export function RaceTask({ settings, running, again, ready, runner, controller }: Props) {
  const { form, kind, title, freePrompt, maxTokens, temperature, topP, seed } = settings;
  return (
    <section className="race-task" aria-label="What both write">
      <p className="race-prompt">{form === 'titled' ? `${kind}: ${title.trim()}` : freePrompt}</p>
      <p className="hint">
        {maxTokens} tokens at most, temperature {temperature}, top-p {topP}, seed {seed}: the same for both, and as set
        under <a href="#write">Write</a>.
      </p>
      <div className="race-actions">
        <ActionButton
          label={again ? 'Race again' : 'Start the race'}
          running={running}
          ready={ready}
          onStart={() => void runner.start()}
          onStop={() => runner.stop()}
        />
        <button type="button" className="quiet" disabled={running} onClick={() => controller.set({ seed: newSeed() })}>
          New seed
        </button>
      </div>
    </section>
  );
}
