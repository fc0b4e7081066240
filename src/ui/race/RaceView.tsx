import { useEffect, useRef } from 'react';
import type { GenerateSettings, ModelInfo } from '../../library/unmask';
import type { SiteUpdate } from '../../offline/site-update';
import { runsOnCpu } from '../fields/format';
import { Term } from '../glossary/Term';
import { ModelNotice } from '../models/ModelNotice';
import { LoadStatus } from '../page/LoadStatus';
import { Masthead } from '../page/Masthead';
import { ProblemAlert } from '../page/ProblemAlert';
import { UpdateNotice } from '../page/UpdateNotice';
import { useBroughtIntoView } from '../page/use-brought-into-view';
import type { Controller } from '../session/controller';
import { traitsOf } from '../session/session';
import { useSession } from '../session/use-session';
import { SettingsDisclosure } from '../settings/SettingsDisclosure';
import { settingsOn } from '../settings/settings';
import type { Story } from '../story/story';
import { Costs } from './Costs';
import { expectation } from './expectation';
import { type Pair, pairOf } from './pair';
import { Racer } from './Racer';
import { RaceTask } from './RaceTask';
import { type Race, settingsOfSide } from './race';
import type { RaceRunner } from './race-runner';
import { isSameWay, lowerFirst } from './racer-names';
import { SideField } from './SideField';
import { useRace } from './use-race';
import { notes, verdict, winnerOf } from './verdict';
import './race.css';

interface Props {
  readonly runner: RaceRunner;
  readonly controller: Controller;
  readonly update: SiteUpdate;
}

/** The same text written in two ways, side by side. */
export default function RaceView({ runner, controller, update }: Props) {
  const session = useSession(controller);
  const race = useRace(runner);
  useRaceShortcuts(runner);
  const { model, settings } = session;
  const traits = traitsOf(model);
  const running = race.phase === 'running';
  const info = model.phase === 'ready' ? model.info : null;
  const toRace = pairOf(race.sides.map((side) => settingsOfSide(side, settings, traitsOf(model))));
  const winner = race.phase === 'finished' && race.stories ? winnerOf(race.stories) : null;
  const board = useRef<HTMLDivElement>(null);
  useBroughtIntoView(board, running, '.racer:last-child');
  return (
    <div className="page">
      <div className="panel">
        <Masthead view="race" />
        <RaceTask
          settings={settingsOn(settings, traitsOf(model))}
          running={running}
          again={race.stories !== null}
          ready={model.phase === 'ready'}
          runner={runner}
          controller={controller}
        />
        <UpdateNotice update={update} />
        <SettingsDisclosure>
          {race.sides.map((side, racer) => (
            <SideField
              // biome-ignore lint/suspicious/noArrayIndexKey: a racer is its place
              key={racer}
              name={racer === 0 ? 'First' : 'Second'}
              side={side}
              model={traits}
              disabled={running}
              onChange={(change) => runner.setSide(racer, change)}
            />
          ))}
        </SettingsDisclosure>
      </div>
      <main className="reading">
        <div className="race">
          <h2 className="view-title" tabIndex={-1} data-view-heading>
            Race
          </h2>
          <ProblemAlert session={{ ...session, problem: race.problem }} controller={controller} />
          <ModelNotice notices={session.notices} controller={controller} />
          <LoadStatus session={session} controller={controller} onLoad={() => void controller.models.load()} />
          <div className="race-board" ref={board}>
            <Outcome race={race} expected={info && isToCome(race, toRace) ? expectation(toRace, info) : null} />
            <div className="racers">
              {toRace.map((asked, racer) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a racer is its place
                <Racer key={racer} settings={asked} story={race.stories?.[racer] ?? null} won={winner === racer} />
              ))}
            </div>
          </div>
          {race.phase === 'finished' && race.stories && info ? <Afterwards stories={race.stories} info={info} /> : null}
          <p className="hint">
            {(race.by ?? info?.name) ? `${race.by ?? info?.name} writes both. ` : ''}
            They take turns on this device; each clock counts only its own racer’s time. A <Term id="pass">pass</Term>{' '}
            is one run of the network. Reading the prompt and storing a finished block count too
            {info?.singlePasses === 2 ? ', so one at a time takes two passes per token' : ''}.
          </p>
        </div>
      </main>
      <p className="visually-hidden" aria-live="polite">
        {race.announced}
      </p>
    </div>
  );
}

/** The line above the texts: what to expect, what is going on, and in the end who was faster. */
function Outcome({ race: { phase, stories }, expected }: { race: Race; expected: string | null }) {
  const isFinished = phase === 'finished' && stories !== null;
  return (
    <div className="outcome">
      <p className="verdict">{isFinished ? verdict(stories) : PHASES[phase]}</p>
      {expected ? <p className="hint expected">{stories ? `Next race: ${lowerFirst(expected)}` : expected}</p> : null}
    </div>
  );
}

/** Whether a race with these settings has yet to be run. */
function isToCome({ phase, stories }: Race, settings: Pair<GenerateSettings>): boolean {
  if (phase !== 'finished' || !stories) return phase !== 'running';
  return settings.some((asked, racer) => !isSameWay(asked, stories[racer]?.settings ?? asked));
}

/** What there is to learn from a race that is over. */
function Afterwards({ stories, info }: { stories: Pair<Story>; info: ModelInfo }) {
  return (
    <>
      <p className="notes">{notes(stories, info).join(' ')}</p>
      {runsOnCpu(info) ? <Costs stories={stories} singlePasses={info.singlePasses} /> : null}
    </>
  );
}

const PHASES: Readonly<Record<Race['phase'], string>> = {
  ready: 'Two ways to write the same text. Which will finish first?',
  running: 'Both are writing.',
  finished: '',
  stopped: 'Stopped before the end, so there is no winner.',
  failed: 'The race ended with an error.',
};

/** The keys of the other view for what they mean here. */
function useRaceShortcuts(runner: RaceRunner): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === 'Escape') runner.stop();
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void runner.start();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [runner]);
}
