import type { Controller } from '../session/controller';
import { type Settings, SPEEDS } from '../settings/settings';
import type { Story } from '../story/story';
import { motionOf, type Playhead } from './playhead';
import { placeAt, placeText } from './replay';
import { StepChart } from './StepChart';
import { usePlayback } from './use-playback';

/** A run of few steps does not stretch over the whole bar. */
const LEAST_STEPS = 24;

interface Props {
  /** As it is, not as it was. */
  readonly story: Story;
  readonly playhead: Playhead | null;
  readonly speed: Settings['speed'];
  readonly controller: Controller;
}

/** Every step of the run under one bar: scrub it, play it back, see where most was revealed. */
export function Timeline({ story, playhead, speed, controller }: Props) {
  const { steps } = story;
  const playing = playhead?.playing ?? false;
  usePlayback(controller, playing);
  const position = playhead?.position ?? steps.length;
  const width = `${Math.min(1, steps.length / LEAST_STEPS) * 100}%`;
  return (
    <section className="timeline" aria-label="Timeline">
      <button
        type="button"
        className="icon-button play"
        aria-label={playing ? 'Pause' : 'Play back'}
        title={playing ? 'Pause (P)' : 'Play back (P)'}
        disabled={steps.length === 0}
        onClick={() => controller.playback.toggle()}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d={playing ? 'M4 3h3v10H4zM9 3h3v10H9z' : 'M4.5 2.5v11l9-5.5z'} />
        </svg>
      </button>
      <div className="track">
        <div className="track-run" style={{ width, '--share': steps.length ? position / steps.length : 0 }}>
          <StepChart steps={steps} />
          <input
            type="range"
            aria-label="Step"
            min={0}
            max={steps.length}
            value={position}
            disabled={steps.length === 0}
            aria-valuetext={placeText(placeAt(story, position))}
            onChange={(event) => controller.playback.scrub(event.target.valueAsNumber)}
          />
        </div>
      </div>
      <button
        type="button"
        className="live"
        aria-pressed={playhead === null}
        title="Jump to end (L)"
        onClick={() => controller.playback.goLive()}
      >
        {story.phase === 'starting' || story.phase === 'writing'
          ? 'Live'
          : motionOf(playhead) === 'following'
            ? 'Show all'
            : 'End'}
      </button>
      <select
        className="speed"
        aria-label="Speed of playback"
        title="Speed of playback"
        value={speed}
        onChange={(event) => controller.set({ speed: Number(event.target.value) })}
      >
        {SPEEDS.map((value) => (
          <option key={value} value={value}>
            {value}×
          </option>
        ))}
      </select>
    </section>
  );
}
