import { megabytes } from '../fields/format';
import { CancellableBar } from './CancellableBar';
import { type Compiled, type Progress, paceText } from './pace';

interface Props {
  /** Of the model, within a sentence. */
  readonly name: string;
  readonly doing: 'Loading' | 'Fetching';
  readonly progress: Progress;
  /** What of the GPU's pipelines is compiled, which comes after the bytes. */
  readonly compiled?: Compiled | null;
  readonly onCancel: () => void;
}

/**
 * How far something is, in bytes, how fast it comes and how long it takes, then in pipelines; with a way out, which is the
 * same button all along, so that it keeps the focus.
 */
export function ProgressStatus({ name, doing, progress, compiled, onCancel }: Props) {
  const shown = compiled?.total ? pipelinesShown(compiled) : bytesShown(name, doing, progress);
  return <CancellableBar {...shown} onCancel={onCancel} />;
}

function pipelinesShown({ done, total }: Compiled) {
  const doing = 'Preparing the GPU';
  return { text: `${doing}, ${done} of ${total}`, spoken: doing, label: doing, value: done, max: total };
}

function bytesShown(name: string, doing: Props['doing'], progress: Progress) {
  const { loadedBytes, totalBytes, pace } = progress;
  const complete = totalBytes > 0 && loadedBytes >= totalBytes;
  return {
    text: textOf(name, doing, progress),
    spoken: milestone(name, doing, progress),
    pace: pace && !complete && totalBytes > 0 ? paceText(pace) : null,
    label: `${doing} ${name}`,
    value: loadedBytes,
    max: totalBytes || 1,
  };
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
