import {
  BufferTarget,
  CanvasSource,
  getFirstEncodableVideoCodec,
  Mp4OutputFormat,
  Output,
  type OutputFormat,
  Quality,
  type VideoCodec,
  WebMOutputFormat,
} from 'mediabunny';
import { describeError, UnmaskError } from '../../../errors';
import { VIDEO_SIZE } from './draw-story';
import { FRAMES_PER_SECOND } from './frames';

export interface VideoFormat {
  readonly name: 'MP4' | 'WebM';
  readonly extension: 'mp4' | 'webm';
  readonly codec: VideoCodec;
}

const QUALITY = new Quality('high');

/** What this browser can encode, MP4 first: it plays nearly everywhere. */
export async function videoFormats(): Promise<readonly VideoFormat[]> {
  // WebKitGTK 2.50 ends the page where an encoder is asked about before anything of its media has started; this starts it.
  document.createElement('video').canPlayType('video/mp4');
  const options = { ...VIDEO_SIZE, quality: QUALITY };
  const [mp4, webm] = await Promise.all([
    getFirstEncodableVideoCodec(['avc'], options),
    getFirstEncodableVideoCodec(['vp9', 'vp8', 'av1'], options),
  ]);
  return [
    ...(mp4 ? [{ name: 'MP4', extension: 'mp4', codec: mp4 } as const] : []),
    ...(webm ? [{ name: 'WebM', extension: 'webm', codec: webm } as const] : []),
  ];
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

/** Pictures between two looks at the clicks of the page. */
const FRAMES_TOGETHER = 10;

/** Encodes what is drawn on a canvas, as fast as that goes. Throws the AbortError of `signal`. */
export async function recordVideo({ canvas, frames, draw, format, signal, onProgress }: RecordOptions): Promise<Blob> {
  const target = new BufferTarget();
  const output = new Output({ format: outputFormat(format), target });
  const source = new CanvasSource(canvas, { codec: format.codec, quality: QUALITY });
  output.addVideoTrack(source, { frameRate: FRAMES_PER_SECOND });
  try {
    await output.start();
    for (let frame = 0; frame < frames; frame++) {
      signal.throwIfAborted();
      draw(frame);
      await source.add(frame / FRAMES_PER_SECOND, 1 / FRAMES_PER_SECOND);
      if (frame % FRAMES_TOGETHER > 0) continue;
      onProgress(frame / frames);
      await new Promise((resolve) => setTimeout(resolve));
    }
    await output.finalize();
    signal.throwIfAborted();
  } catch (error) {
    await output.cancel().catch(() => {});
    signal.throwIfAborted();
    const { message } = describeError(error);
    throw new UnmaskError('internal', `The browser could not make the video (${message}). Try another format.`);
  }
  return new Blob([target.buffer!], { type: await output.getMimeType() });
}

function outputFormat({ name }: VideoFormat): OutputFormat {
  return name === 'MP4' ? new Mp4OutputFormat() : new WebMOutputFormat();
}
