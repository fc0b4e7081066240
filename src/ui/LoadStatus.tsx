import { megabytes } from './format';
import type { ModelState } from './session';

interface Props {
  readonly model: ModelState;
  readonly onCancel: () => void;
  readonly onLoad: () => void;
}

/** How far the model is, in bytes, with a way out; or a way back in. Failures are the alert's. */
export function LoadStatus({ model, onCancel, onLoad }: Props) {
  switch (model.phase) {
    case 'loading':
      return <Progress {...model} onCancel={onCancel} />;
    case 'cancelled':
      return (
        <div className="load-status">
          <p>The model was not loaded.</p>
          <button type="button" className="quiet" onClick={onLoad}>
            Load the model
          </button>
        </div>
      );
    case 'ready':
    case 'failed':
      return null;
    default:
      return model satisfies never;
  }
}

interface ProgressProps {
  readonly loadedBytes: number;
  readonly totalBytes: number;
  readonly onCancel: () => void;
}

function Progress({ loadedBytes, totalBytes, onCancel }: ProgressProps) {
  const complete = totalBytes > 0 && loadedBytes >= totalBytes;
  const text =
    totalBytes === 0
      ? 'Looking for the model'
      : complete
        ? `Preparing the model, ${megabytes(totalBytes)} MB`
        : `Loading the model: ${megabytes(loadedBytes)} of ${megabytes(totalBytes)} MB`;
  return (
    <div className="load-status">
      <p>{text}</p>
      <progress aria-label="Loading the model" max={totalBytes || 1} value={loadedBytes} />
      <button type="button" className="quiet" onClick={onCancel}>
        Cancel
      </button>
    </div>
  );
}
