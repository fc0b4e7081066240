import { megabytes } from '../fields/format';
import { CancellableBar } from './CancellableBar';
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
  return (
    <CancellableBar
      text={textOf(name, doing, progress)}
      spoken={milestone(name, doing, progress)}
      pace={pace && !complete && totalBytes > 0 ? paceText(pace) : null}
      label={`${doing} ${name}`}
      value={loadedBytes}
      max={totalBytes || 1}
      onCancel={onCancel}
    />
  );
}

function textOf(name: string, doing: Props['doing'], { loadedBytes, totalBytes, atWork }: Progress): string {
  const what = whatOf(name, doing, atWork);
  if (totalBytes === 0) return atWork ? what : `Looking for ${name}`;
  if (loadedBytes >= totalBytes) return `Preparing ${name}, ${megabytes(totalBytes)} MB`;
  return `${what}: ${megabytes(loadedBytes)} of ${megabytes(totalBytes)} MB`;
}

/** What a screen reader is told: every quarter, not every byte. */
function milestone(name: string, doing: Props['doing'], { loadedBytes, totalBytes, atWork }: Progress): string {
  const what = whatOf(name, doing, atWork);
  if (totalBytes === 0) return atWork ? what : '';
  if (loadedBytes >= totalBytes) return `Preparing ${name}`;
  return `${what}: ${Math.floor((4 * loadedBytes) / totalBytes) * 25} %`;
}

/** Another tab may also convert it: what it does is bring it here. */
function whatOf(name: string, doing: Props['doing'], atWork: Progress['atWork']): string {
  return atWork ? `Another tab is fetching ${name}` : `${doing} ${name}`;
}
