import { useStore } from 'zustand';
import { megabytes } from '../fields/format';
import { paceText } from './pace';
import type { Upgrade, UpgradeState } from './upgrade';
import './upgrade.css';

/** The better model that comes with the page: offered, on its way, or in use from now on. */
export function UpgradeCard({ upgrade }: { upgrade: Upgrade }) {
  const state = useStore(upgrade.store);
  return (
    <section className="upgrade" aria-label="A better model" hidden={state.phase === 'none'}>
      <p className="upgrade-told" role="status">
        {toldOf(state)}
      </p>
      {state.phase === 'fetching' ? <Fetching state={state} onStop={() => upgrade.stop()} /> : null}
      {state.phase === 'offered' || state.phase === 'failed' ? (
        <button type="button" className="quiet" onClick={() => void upgrade.fetch()}>
          {state.phase === 'offered' ? `Get it (${megabytes(state.model.bytes)} MB)` : 'Try again'}
        </button>
      ) : null}
    </section>
  );
}

/** What a screen reader hears too, so it has no numbers that run. */
function toldOf(state: UpgradeState): string {
  switch (state.phase) {
    case 'none':
      return '';
    case 'offered':
      return `${state.model.name} writes better stories, and takes longer over them.`;
    case 'fetching':
      return `${state.model.name} is on its way and will write the next text.`;
    case 'waiting':
      return `${state.model.name} is here and will write the next text.`;
    case 'in use':
      return `${state.model.name} writes from now on.`;
    case 'failed':
      return `${state.model.name} could not be used. ${state.problem.message}`;
    default:
      return state satisfies never;
  }
}

interface FetchingProps {
  readonly state: Extract<UpgradeState, { phase: 'fetching' }>;
  readonly onStop: () => void;
}

function Fetching({ state, onStop }: FetchingProps) {
  const { model, loadedBytes, totalBytes, pace } = state;
  const total = totalBytes || model.bytes;
  return (
    <>
      <progress aria-label={`Fetching ${model.name}`} max={total} value={loadedBytes} />
      <p className="upgrade-bytes">
        {megabytes(loadedBytes)} of {megabytes(total)} MB{pace ? `, ${paceText(pace)}` : ''}
      </p>
      <button type="button" className="quiet" onClick={onStop}>
        Stop
      </button>
    </>
  );
}
