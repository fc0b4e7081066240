import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { describeError } from '../../../errors';
import { type Heat, SPEEDS } from '../../settings/settings';
import type { Story } from '../../story/story';
import { downloadFile } from '../download-file';
import { drawStory, VIDEO_SIZE } from './draw-story';
import { FRAMES_PER_SECOND, framesOf } from './frames';
import { palette } from './palette';
import { recordVideo, type VideoFormat, videoFormats } from './record-video';

interface Props {
  readonly story: Story;
  readonly heat: Heat;
  readonly onClose: () => void;
}

/** Longer than this, another speed is proposed. */
const LONG_SECONDS = 30;

/** Makes a video of the run and saves it. A dialog, so that Escape closes it and the focus comes back. */
export default function SaveVideo({ story, heat, onClose }: Props) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
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
    dialog.current?.showModal();
    void videoFormats().then(setFormats);
    return () => recording.current?.abort();
  }, []);
  useEffect(() => draw(canvas.current, shown, story.steps.length, 0), [shown, story]);

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
      downloadFile(video, `unmask.${format.extension}`);
      setSaid(`Saved as unmask.${format.extension}.`);
    } catch (error) {
      const { code, message } = describeError(error);
      setSaid(code === 'cancelled' ? 'Cancelled.' : message);
    }
    setDone(null);
  };

  return (
    <dialog className="sheet video-sheet" ref={dialog} aria-labelledby={`${id}-title`} onClose={onClose}>
      <header>
        <h2 id={`${id}-title`}>Save as a video</h2>
        <button type="button" className="quiet" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </header>
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
            Record
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
    </dialog>
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
