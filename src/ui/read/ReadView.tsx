import { type RefObject, useEffect, useRef } from 'react';
import type { SiteUpdate } from '../../offline/site-update';
import { Term } from '../glossary/Term';
import { ModelNotice } from '../models/ModelNotice';
import { LoadStatus } from '../page/LoadStatus';
import { Masthead } from '../page/Masthead';
import { ProblemAlert } from '../page/ProblemAlert';
import { UpdateNotice } from '../page/UpdateNotice';
import { useBroughtIntoView } from '../page/use-brought-into-view';
import { useFrameStore } from '../page/use-frame-store';
import type { Controller } from '../session/controller';
import { useSession } from '../session/use-session';
import { HeatText } from './HeatText';
import { ReadForm } from './ReadForm';
import type { ReadRunner } from './read-runner';
import type { Reading } from './reading';
import type { Report } from './report';
import { SizeTable } from './SizeTable';
import { SpreadTable } from './SpreadTable';
import { summaryOf } from './surprisal';
import './read.css';

interface Props {
  readonly runner: ReadRunner;
  readonly controller: Controller;
  readonly update: SiteUpdate;
}

/** The parts that only a person changes. */
const BY_HAND = ['form'] as const satisfies (keyof Reading)[];

/** A text through the eyes of the model: what surprises it, and how well it predicts the whole. */
export default function ReadView({ runner, controller, update }: Props) {
  const session = useSession(controller);
  const reading = useFrameStore(runner.store, BY_HAND);
  useReadShortcuts(runner);
  const { report } = reading;
  const status = useRef<HTMLDivElement>(null);
  // Once there is something under it: a page that ends there cannot be scrolled any further.
  useBroughtIntoView(status, reading.phase === 'reading' && report !== null);
  return (
    <div className="page">
      <div className="panel">
        <Masthead view="read" />
        <ReadForm reading={reading} ready={session.model.phase === 'ready'} runner={runner} />
        <UpdateNotice update={update} />
      </div>
      <main className="reading">
        <div className="read">
          <h2 className="view-title" tabIndex={-1} data-view-heading>
            Read
          </h2>
          <ProblemAlert session={{ ...session, problem: reading.problem }} controller={controller} />
          <ModelNotice notices={session.notices} controller={controller} />
          <LoadStatus session={session} controller={controller} onLoad={() => void controller.models.load()} />
          <Status reading={reading} box={status} />
          {report ? <ReportView report={report} reading={reading} /> : null}
        </div>
      </main>
      <p className="visually-hidden" aria-live="polite">
        {reading.announced}
      </p>
    </div>
  );
}

/** What this is for, how far it is, or what came out. */
function Status({ reading: { phase, report }, box }: { reading: Reading; box: RefObject<HTMLDivElement | null> }) {
  if (phase === 'reading') {
    const { done = 0, total = 0 } = report ?? {};
    return (
      <div className="read-progress" ref={box}>
        <p>{total > 0 ? `Reading: ${Math.floor((100 * done) / total)} %` : 'Reading the text'}</p>
        <progress aria-label="Reading" max={total || 1} value={done} />
      </div>
    );
  }
  return <p className="read-summary">{phase === 'finished' && report ? summaryOf(report) : PHASES[phase]}</p>;
}

const PHASES: Readonly<Record<Exclude<Reading['phase'], 'reading'>, string>> = {
  ready: 'See a text as the model does: which words it expected, and which came as a surprise.',
  finished: '',
  stopped: 'Stopped. What was measured so far stays.',
  failed: 'Reading ended with an error.',
};

const SURPRISAL = (
  <>
    <Term id="surprisal">Surprisal</Term> is −log₂ of the probability that the model gave a token, given everything
    before it: 1 bit is a coin toss.
  </>
);

function ReportView({ report, reading }: { report: Report; reading: Reading }) {
  const { windows, tokens, bytes, blockSizes, sizes, spreads } = report;
  return (
    <>
      {windows > 1 ? (
        <p className="hint read-windows">
          This is longer than the model’s context, so it is read in {windows} pieces: each sees the second half of the
          one before it, and nothing earlier.
        </p>
      ) : null}
      <HeatText report={report} reading={reading.phase === 'reading'} />
      <p className="hint">
        Read by {reading.by}: {tokens.length} tokens, {bytes} bytes.{' '}
        {blockSizes.includes(1)
          ? SURPRISAL
          : 'This model was not trained on block size 1, so it cannot say how surprising a single token is.'}
      </p>
      <SizeTable report={report} />
      <p className="hint">
        {sizes.some(({ standardError }) => standardError === null) ? 'At block size 1 the likelihood is exact. ' : ''}
        For larger blocks only a <Term id="bound">bound</Term> is known, the mean over draws of noise, with its standard
        error: the model predicts at least this well. A lower number is better.
      </p>
      {spreads.length > 0 ? (
        <>
          <SpreadTable report={report} />
          <p className="hint">
            Each dot is the result of one draw of <Term id="noise-schedule">noise</Term>, and the line is their mean.
            How far apart the dots are is the variance that training has to live with, and the reason why the paper
            clips its noise: under U[β, ω] they are closer together, but their mean is no longer a bound. The table
            above estimates the bound more steadily: it draws how many tokens are masked rather than a rate.
          </p>
        </>
      ) : null}
    </>
  );
}

/** The keys of the other views for what they mean here. */
function useReadShortcuts(runner: ReadRunner): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      if (event.key === 'Escape') runner.stop();
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void runner.start();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [runner]);
}
