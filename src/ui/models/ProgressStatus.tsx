import { megabytes } from '../fields/format';
import { type Progress, paceText } from './pace';

interface Props {
  /** Of the model, within a sentence. */
  readonly name: string;
  readonly doing: 'Loading' | 'Fetching';
  readonly progress: Progress;
  readonly onCancel: () => void;
}

/** How far something is, in bytes, how fast it comes and how long it takes, with a way out. */
export function ProgressStatus({ name, doing, progress, onCancel }: Props) {
  const { loadedBytes, totalBytes, pace } = progress;
  const complete = totalBytes > 0 && loadedBytes >= totalBytes;
  const text =
    totalBytes === 0
      ? `Looking for ${name}`
      : complete
        ? `Preparing ${name}, ${megabytes(totalBytes)} MB`
        : `${doing} ${name}: ${megabytes(loadedBytes)} of ${megabytes(totalBytes)} MB`;
  return (
    <div className="load-status">
      <p>{text}</p>
      {pace && !complete && totalBytes > 0 ? <p className="pace">{paceText(pace)}</p> : null}
      <progress aria-label={`${doing} ${name}`} max={totalBytes || 1} value={loadedBytes} />
      <button type="button" className="quiet" onClick={onCancel}>
        Cancel
      </button>
      <p className="visually-hidden" role="status">
        {milestone(doing, name, loadedBytes, totalBytes)}
      </p>
    </div>
  );
}

/** What a screen reader is told: every quarter, not every byte. */
function milestone(doing: string, name: string, loadedBytes: number, totalBytes: number): string {
  if (totalBytes === 0) return '';
  if (loadedBytes >= totalBytes) return `Preparing ${name}`;
  return `${doing} ${name}: ${Math.floor((4 * loadedBytes) / totalBytes) * 25} %`;
}
