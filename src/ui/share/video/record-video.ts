import { UnmaskError } from '../../../errors';
import { FRAMES_PER_SECOND } from './frames';

export interface VideoFormat {
  readonly name: string;
  readonly mimeType: string;
  readonly extension: string;
}

const FORMATS: readonly VideoFormat[] = [
  { name: 'WebM', mimeType: 'video/webm;codecs=vp9', extension: 'webm' },
  { name: 'WebM', mimeType: 'video/webm', extension: 'webm' },
  { name: 'MP4', mimeType: 'video/mp4;codecs=avc1.42E01F', extension: 'mp4' },
  { name: 'MP4', mimeType: 'video/mp4', extension: 'mp4' },
];

/** What this browser can record, one of each name. */
export function videoFormats(): VideoFormat[] {
  if (typeof MediaRecorder === 'undefined') return [];
  const known = FORMATS.filter(({ mimeType }) => MediaRecorder.isTypeSupported(mimeType));
  return known.filter(({ name }, index) => known.findIndex((other) => other.name === name) === index);
}

export interface RecordOptions {
  readonly canvas: HTMLCanvasElement;
  /** How many pictures it has. */
  readonly frames: number;
  readonly draw: (frame: number) => void;
  readonly format: VideoFormat;
  readonly signal: AbortSignal;
  /** Told the share that is done, 0 … 1. */
  readonly onProgress: (share: number) => void;
}

/** Records a canvas while it is drawn, as long as it lasts. Throws the AbortError of `signal`. */
export async function recordVideo(options: RecordOptions): Promise<Blob> {
  const { canvas, frames, draw, format, signal, onProgress } = options;
  draw(0);
  const stream = canvas.captureStream(FRAMES_PER_SECOND);
  const recorder = new MediaRecorder(stream, { mimeType: format.mimeType, videoBitsPerSecond: 4_000_000 });
  const parts: Blob[] = [];
  recorder.addEventListener('dataavailable', ({ data }) => parts.push(data));
  const failed = new Promise<never>((_, reject) =>
    recorder.addEventListener('error', () =>
      reject(new UnmaskError('internal', 'The browser could not record the video. Try the other format.')),
    ),
  );
  const stopped = new Promise<unknown>((resolve) => recorder.addEventListener('stop', resolve));
  try {
    recorder.start(1000);
    await Promise.race([failed, drawAll(frames, draw, signal, onProgress)]);
    recorder.stop();
    await Promise.race([failed, stopped]);
    return new Blob(parts, { type: format.mimeType });
  } finally {
    if (recorder.state !== 'inactive') recorder.stop();
    for (const track of stream.getTracks()) track.stop();
  }
}

/** Draws each picture when its time has come; where drawing is slow, some are left out. */
async function drawAll(
  frames: number,
  draw: (frame: number) => void,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<void> {
  const began = performance.now();
  for (let frame = 0; frame < frames; ) {
    signal.throwIfAborted();
    draw(frame);
    onProgress(frame / frames);
    await new Promise((resolve) => setTimeout(resolve, 1000 / FRAMES_PER_SECOND / 2));
    frame = Math.max(frame, Math.floor(((performance.now() - began) / 1000) * FRAMES_PER_SECOND));
  }
  draw(frames - 1);
}
