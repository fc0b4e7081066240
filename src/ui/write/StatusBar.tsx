import { type ReactNode, useId, useLayoutEffect, useRef, useState } from 'react';
import type { ModelInfo } from '../../library/unmask';
import { ActionButton } from '../fields/ActionButton';
import { tokensText } from '../fields/format';
import { Term } from '../glossary/Term';
import type { TermId } from '../glossary/terms';
import type { Controller } from '../session/controller';
import { isWriting, type Session } from '../session/session';
import type { Story } from '../story/story';
import { PassHistogram } from '../timeline/PassHistogram';
import { placeAt, placeText } from '../timeline/replay';
import { Timeline } from '../timeline/Timeline';
import { HeatField } from './HeatField';
import { HistoryButtons } from './HistoryButtons';
import { type Measurement, measurementsOf } from './measurements';

interface Props {
  readonly session: Session;
  /** The story as it is shown: as it is, or as it was where the playhead stands. */
  readonly shown: Story | null;
  readonly controller: Controller;
  /** What a person writes in, in place of the button. */
  readonly field?: ReactNode;
  /** Which text of several this is about. */
  readonly about?: string | null;
  /** How far a model is that is being loaded: here it moves nothing of the text. */
  readonly progress?: ReactNode;
}

/** The run under the text: its timeline and its numbers; on a narrow screen also the button, always in reach. */
export function StatusBar({ session, shown, controller, field, about = null, progress }: Props) {
  const { model, story, settings, playhead } = session;
  const info = model.phase === 'ready' ? model.info : null;
  return (
    <footer className="status">
      <BlockProgress story={playhead || isWriting(session) ? shown : null} />
      <div className="status-inner">
        {field}
        {story ? (
          <>
            {settings.histogram === 'on' ? (
              <PassHistogram story={story} position={playhead?.position ?? story.steps.length} />
            ) : null}
            <Timeline story={story} playhead={playhead} speed={settings.speed} controller={controller} />
            <div className="status-line">
              <div className="place-line">
                <HistoryButtons past={session.past.length} future={session.future.length} controller={controller} />
                <PlaceLine about={about} story={story} position={playhead?.position ?? story.steps.length} />
              </div>
              <HeatField heat={settings.heat} controller={controller} />
            </div>
          </>
        ) : null}
        <div className="status-line">
          {progress && model.phase === 'loading' ? (
            progress
          ) : shown ? (
            <Measurements story={shown} info={info} />
          ) : (
            <p>{idleText(session)}</p>
          )}
          {field ? null : (
            <ActionButton
              label="Generate"
              running={isWriting(session)}
              ready={info !== null}
              onStart={() => void controller.write()}
              onStop={() => controller.stop()}
            />
          )}
        </div>
      </div>
    </footer>
  );
}

function idleText({ model }: Session): string {
  if (model.phase === 'ready') return 'Ready';
  return model.phase === 'loading' ? 'Loading the model and runtime' : 'No model';
}

/** Which step is shown; a narrow screen has no room for how many tokens it revealed. */
function PlaceLine({ about, story, position }: { about: string | null; story: Story; position: number }) {
  const place = placeAt(story, position);
  return (
    <p className="place">
      {about === null ? null : `${about}. `}
      {placeText(place)}
      {place ? <span>: {tokensText(place.tokens)}</span> : null}
    </p>
  );
}

/** How far the block that is shown last has got, as a fine line. */
function BlockProgress({ story }: { story: Story | null }) {
  const block = story?.blocks.at(-1);
  const known = block ? block.tokens.filter(({ id }) => id !== null).length - block.pinned : 0;
  const share = block ? known / Math.max(1, block.tokens.length - block.pinned) : 0;
  return <div className="block-progress" aria-hidden="true" style={{ '--share': share }} />;
}

/** The two figures that tell most, and the others behind a button. */
function Measurements({ story, info }: { story: Story; info: ModelInfo | null }) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const more = useRef<HTMLDivElement>(null);
  // On a low screen they are at the end of the page.
  useLayoutEffect(() => {
    if (open) more.current?.scrollIntoView({ block: 'nearest' });
  }, [open]);
  const { front, others } = measurementsOf(story, info);
  return (
    <div className="figures">
      <Figures figures={front} />
      <button
        type="button"
        className="more-figures"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        {open ? 'Fewer figures' : 'More figures'}
      </button>
      {story.provenance ? <p className="writer">{story.provenance.model.name}</p> : null}
      <div id={id} ref={more} hidden={!open}>
        <Figures figures={others} />
      </div>
    </div>
  );
}

/** What the glossary says to a figure's name. */
const WORDS: Readonly<Record<string, TermId | undefined>> = {
  'tokens/pass': 'pass',
  'passes/token': 'pass',
  'KV cache': 'kv-cache',
  tokens: 'token',
  'first block': 'block',
};

function Figures({ figures }: { figures: readonly Measurement[] }) {
  return (
    <dl className="measurements">
      {figures.map(({ name, value, explained }) => (
        <div key={name} title={explained} data-figure={name}>
          <dt>{WORDS[name] ? <Term id={WORDS[name]}>{name}</Term> : name}</dt>
          <dd data-measure={name}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
