import { useEffect, useState } from 'react';
import { SliderField } from '../fields/SliderField';
import { BlockPlace } from './BlockPlace';
import { lastUncovered, noised } from './noising';
import { RECORDED_BLOCK } from './recorded-block';

const ALL = RECORDED_BLOCK.tokens.length;

/** Slow enough to see which token came, in milliseconds. */
const PACE = 450;

/** Whether the block is uncovered by itself, one by one on request, or by the slider. */
type Mode = 'playing' | 'stepping' | 'sliding';

/** A block that the reader masks with a slider, and the model's recorded guesses that uncover it again. */
export function NoiseFigure() {
  const [masks, setMasks] = useState<number>(ALL);
  const [mode, setMode] = useState<Mode>('sliding');
  const playing = mode === 'playing' && masks > 0;
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => setMasks((left) => Math.max(0, left - 1)), PACE);
    return () => clearInterval(timer);
  }, [playing]);
  const last = lastUncovered(RECORDED_BLOCK, masks);

  const play = () => {
    if (masks === 0) setMasks(ALL);
    setMode(playing ? 'sliding' : 'playing');
  };
  const uncoverOne = () => {
    setMode('stepping');
    setMasks(Math.max(0, masks - 1));
  };
  return (
    <figure className="figure noise-figure">
      <p className="figure-text">
        <span className="before">{RECORDED_BLOCK.before}</span>
        {noised(RECORDED_BLOCK, masks).map((place, position) => (
          <BlockPlace
            // biome-ignore lint/suspicious/noArrayIndexKey: a place of the block is its number
            key={position}
            text={RECORDED_BLOCK.tokens[position] ?? ''}
            probability={place.state === 'masked' ? null : place.probability}
            latest={position === last?.position}
          />
        ))}
      </p>
      <p className="figure-line" aria-live={mode === 'stepping' ? 'polite' : 'off'}>
        {last ? (
          <>
            Last uncovered: “{RECORDED_BLOCK.tokens[last.position]?.trim()}”, probability {percent(last.probability)}.
          </>
        ) : (
          'Only the text before the block is known so far.'
        )}
      </p>
      <SliderField
        label="Noise"
        value={masks / ALL}
        min={0}
        max={1}
        step={1 / ALL}
        shown={`t = ${(masks / ALL).toFixed(2)}, ${masks} of ${ALL} masked`}
        onChange={(t) => {
          setMode('sliding');
          setMasks(Math.round(t * ALL));
        }}
      />
      <div className="figure-actions">
        <button type="button" className="quiet" onClick={play}>
          {playing ? 'Pause' : 'Denoise'}
        </button>
        <button type="button" className="quiet" disabled={masks === 0} onClick={uncoverOne}>
          Uncover one
        </button>
      </div>
      <figcaption className="hint">
        A recording of the model on this page, with seed 1, mistakes included. Which place comes next was chosen at
        random; what stands there is the model’s guess. While little is known, the guesses are wild; the last tokens
        follow from the rest.
      </figcaption>
    </figure>
  );
}

function percent(probability: number): string {
  const value = probability * 100;
  return `${value < 1 ? value.toFixed(1) : value.toFixed(0)} %`;
}
