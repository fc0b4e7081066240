import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { describeError } from '../../../errors';
import { type Heat, SPEEDS } from '../../settings/settings';
import type { Story } from '../../story/story';
import { downloadFile } from '../download-file';
import { fileName } from '../file-name';
import { drawStory, VIDEO_SIZE } from './draw-story';
import { FRAMES_PER_SECOND, framesOf } from './frames';
import { palette } from './palette';
import { recordVideo, type VideoFormat, videoFormats } from './record-video';

interface Props {
  readonly story: Story;
  readonly heat: Heat;
}

/** Longer than this, another speed is proposed. */
const LONG_SECONDS = 30;

/** The picture that moves before the video is made shows every third of its frames. */
const PREVIEW_STRIDE = 3;

/** Makes a video of the run and saves it. */
export function VideoMaker({ story, heat }: Props) {
  const id = useId();
  const canvas = useRef<HTMLCanvasElement>(null);
  const recording = useRef<AbortController>(null);
  /** Null until it is known what the browser can make. */
  const [formats, setFormats] = useState<readonly VideoFormat[] | null>(null);
  const [chosen, setFormat] = useState<VideoFormat | undefined>(undefined);
  const format = chosen ?? formats?.[0];
  const [speed, setSpeed] = useState(() => speedFor(story));
  const frames = useMemo(() => framesOf(story.steps, speed), [story, speed]);
  /** The share that is done; null while none is being made. */
  const [done, setDone] = useState<number | null>(null);
  const [said, setSaid] = useState('');
  const shown = useMemo(() => ({ story, heat, palette: palette() }), [story, heat]);

  useEffect(() => {
    void videoFormats().then(setFormats);
    return () => recording.current?.abort();
  }, []);
  // Until it is made, the picture moves in its place.
  useEffect(() => {
    if (done !== null) return;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    let frame = still ? frames.length - 1 : 0;
    const show = () => draw(canvas.current, shown, frames[frame]!, frame);
    show();
    if (still) return;
    const timer = setInterval(
      () => {
        frame = (frame + PREVIEW_STRIDE) % frames.length;
        show();
      },
      PREVIEW_STRIDE * (1000 / FRAMES_PER_SECOND),
    );
    return () => clearInterval(timer);
  }, [done, frames, shown]);

  const record = async () => {
    if (!canvas.current || !format) return;
    recording.current = new AbortController();
    setSaid('');
    setDone(0);
    try {
      const video = await recordVideo({
        canvas: canvas.current,
        frames: frames.length,
        draw: (frame) => draw(canvas.current, shown, frames[frame]!, frame),
        format,
        signal: recording.current.signal,
        onProgress: setDone,
      });
      const name = fileName(story, format.extension);
      downloadFile(video, name);
      setSaid(`Saved as ${name}.`);
    } catch (error) {
      const { code, message } = describeError(error);
      setSaid(code === 'cancelled' ? 'Cancelled.' : message);
    }
    setDone(null);
  };

  return (
    <section className="video" aria-label="Moving picture">
      <canvas ref={canvas} {...VIDEO_SIZE} role="img" aria-label="The video" />
      <div className="video-fields">
        <div className="field">
          <label htmlFor={`${id}-speed`}>Speed</label>
          <select
            id={`${id}-speed`}
            value={speed}
            disabled={done !== null}
            onChange={(event) => setSpeed(Number(event.target.value))}
          >
            {SPEEDS.map((value) => (
              <option key={value} value={value}>
                {value}×
              </option>
            ))}
          </select>
        </div>
        {formats && formats.length > 1 ? (
          <div className="field">
            <label htmlFor={`${id}-format`}>Format</label>
            <select
              id={`${id}-format`}
              value={format?.name}
              disabled={done !== null}
              onChange={({ target }) => setFormat(formats.find(({ name }) => name === target.value))}
            >
              {formats.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </div>
        ) : null}
        {done === null ? (
          <button type="button" className="quiet" disabled={!format} onClick={record}>
            Save video
          </button>
        ) : (
          <button type="button" className="quiet" onClick={() => recording.current?.abort()}>
            Cancel
          </button>
        )}
      </div>
      {done === null ? null : <progress aria-label="Video" value={done} />}
      <p className="hint" role="status">
        {formats?.length === 0 ? 'This browser cannot make videos.' : said}
      </p>
      <p className="hint">The video is {Math.round(frames.length / FRAMES_PER_SECOND)} seconds long.</p>
    </section>
  );
}

/** The speed that it was written at, or the first faster one that does not take long. */
function speedFor({ steps }: Story): number {
  const fits = (speed: number) => framesOf(steps, speed).length <= LONG_SECONDS * FRAMES_PER_SECOND;
  return SPEEDS.find((speed) => speed >= 1 && fits(speed)) ?? SPEEDS.at(-1)!;
}

function draw(
  canvas: HTMLCanvasElement | null,
  shown: Parameters<typeof drawStory>[1],
  position: number,
  frame: number,
): void {
  const context = canvas?.getContext('2d');
  if (context) drawStory(context, shown, position, frame);
}
