import { ActionButton } from './ActionButton';
import type { Controller } from './controller';
import { deviceOf, rate } from './format';
import { isWriting, type Session } from './session';
import { type Story, tokensWritten } from './story';

/** The measurements of the text on screen; on a narrow screen also the button, always in reach. */
export function StatusBar({ session, controller }: { session: Session; controller: Controller }) {
  const { model, story } = session;
  return (
    <footer className="status">
      <div className="status-inner">
        <div className="status-text">
          {story ? <Measurements story={story} /> : <p className="status-idle">{idleText(session)}</p>}
          {model.phase === 'ready' ? <p className="status-device">{deviceOf(model.info)}</p> : null}
        </div>
        <ActionButton session={session} controller={controller} />
      </div>
    </footer>
  );
}

function idleText(session: Session): string {
  if (session.model.phase === 'ready') return isWriting(session) ? 'Writing' : 'Ready';
  return session.model.phase === 'loading' ? 'Loading the model' : 'No model';
}

function Measurements({ story }: { story: Story }) {
  const tokens = tokensWritten(story);
  return (
    <dl className="measurements">
      <Measurement name="tokens" value={String(tokens)} />
      <Measurement name="tokens/s" value={rate(tokens / story.seconds)} />
      <Measurement
        name="passes/token"
        value={rate(story.nfe / tokens)}
        explained="Runs of the network for each token written (NFE per token). One at a time costs at least 1."
      />
      <Measurement name="s" value={story.seconds.toFixed(1)} />
    </dl>
  );
}

function Measurement({ name, value, explained }: { name: string; value: string; explained?: string }) {
  return (
    <div title={explained}>
      <dt>{name}</dt>
      <dd data-measure={name}>{value}</dd>
    </div>
  );
}
