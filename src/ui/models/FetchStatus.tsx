import type { FetchState } from '../session/session';
import type { ModelLoader } from './model-loader';
import { ProgressStatus } from './ProgressStatus';

interface Props {
  readonly fetch: FetchState;
  readonly models: ModelLoader;
}

/** On a narrow screen it may be far from where the model was asked for. */
const scrollThere = (element: HTMLElement | null) => element?.scrollIntoView({ block: 'nearest' });

/** How far a model is that is fetched beside the one in use, or why it does not come. */
export function FetchStatus({ fetch, models }: Props) {
  switch (fetch.phase) {
    case 'fetching':
      return (
        <div className="fetch" ref={scrollThere}>
          <ProgressStatus
            name={fetch.name}
            doing="Fetching"
            progress={fetch}
            onCancel={() => models.librarian.cancel()}
          />
        </div>
      );
    case 'offered':
      return null;
    case 'failed':
      return (
        <div className="alert fetch" role="alert" ref={scrollThere}>
          <h2>{fetch.name} could not be opened</h2>
          <p>{fetch.problem.message}</p>
          <div className="alert-actions">
            <button type="button" className="quiet" onClick={() => void models.fetchAgain()}>
              Try again
            </button>
            <button type="button" className="quiet" onClick={() => models.librarian.cancel()}>
              Close
            </button>
          </div>
        </div>
      );
    default:
      return fetch satisfies never;
  }
}
