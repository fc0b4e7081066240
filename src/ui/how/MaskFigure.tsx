import { useState } from 'react';
import { ChoiceField } from '../fields/ChoiceField';
import { SliderField } from '../fields/SliderField';
import { blockOf, seesInTraining, seesWhileWriting } from './attention-masks';
import { MaskGrid } from './MaskGrid';
import { RECORDED_BLOCK } from './recorded-block';

const WORDS = RECORDED_BLOCK.tokens.map((token) => token.trim());
const LENGTH = WORDS.length;
const BLOCK_SIZES = [1, 2, 4, 8, 16] as const;

type Mode = 'writing' | 'training';

/** The attention mask of a short text, for the block size that the reader chooses. */
export function MaskFigure() {
  const [size, setSize] = useState(2);
  const [from, setFrom] = useState(5);
  const [mode, setMode] = useState<Mode>('writing');
  const blockSize = BLOCK_SIZES[size] ?? 4;
  return (
    <figure className="figure mask-figure">
      <TextSeen from={from} blockSize={blockSize} mode={mode} />
      <p className="figure-line">{sentence(from, blockSize, mode)}</p>
      <div className="mask-and-fields">
        <MaskGrid
          size={mode === 'writing' ? LENGTH : 2 * LENGTH}
          from={from}
          label={`Attention of ${LENGTH} tokens in blocks of ${blockSize}: each row is a token, filled where it may look`}
          sees={
            mode === 'writing'
              ? (row, column) => seesWhileWriting(row, column, blockSize)
              : (row, column) => seesInTraining(row, column, blockSize, LENGTH)
          }
          noised={mode === 'writing' ? 0 : LENGTH}
        />
        <div className="mask-fields">
          <SliderField
            label="Block size"
            value={size}
            min={0}
            max={BLOCK_SIZES.length - 1}
            step={1}
            shown={blockSize === 1 ? '1 token' : `${blockSize} tokens`}
            onChange={setSize}
          />
          <SliderField
            label="Look from"
            value={from}
            min={0}
            max={LENGTH - 1}
            step={1}
            shown={`“${WORDS[from]}”`}
            onChange={setFrom}
          />
          <ChoiceField
            label="The table"
            value={mode}
            choices={[
              { value: 'writing', label: 'To write' },
              { value: 'training', label: 'To train' },
            ]}
            onChange={setMode}
          />
        </div>
      </div>
      <figcaption className="hint">
        {mode === 'writing'
          ? 'Each row is a token; a cell is filled where that token may look. With blocks of 1 this is the staircase of a model that writes left to right; with a single block, everything sees everything.'
          : 'In training the network reads the text twice in one pass: with noise (the first half of the rows and columns) and without. A noisy token sees its own noisy block and the clean blocks before it, exactly what it will see when writing.'}
      </figcaption>
    </figure>
  );
}

interface SeenProps {
  readonly from: number;
  readonly blockSize: number;
  readonly mode: Mode;
}

/** The text with its blocks, and what the chosen token sees of it. */
function TextSeen({ from, blockSize, mode }: SeenProps) {
  const blocks = Array.from({ length: LENGTH / blockSize }, (_, block) =>
    WORDS.slice(block * blockSize, (block + 1) * blockSize).map((word, index) => ({
      word,
      place: block * blockSize + index,
    })),
  );
  return (
    <p className="figure-text seen-text" data-mode={mode}>
      {blocks.map((places) => (
        <span className="seen-block" key={places[0]?.place}>
          {places.map(({ word, place }) => (
            <span
              key={place}
              data-from={place === from || undefined}
              data-sees={seesWhileWriting(from, place, blockSize) || undefined}
              data-own={blockOf(place, blockSize) === blockOf(from, blockSize) || undefined}
            >
              {word}
            </span>
          ))}
        </span>
      ))}
    </p>
  );
}

function sentence(from: number, blockSize: number, mode: Mode): string {
  const before = blockOf(from, blockSize) * blockSize;
  const own = blockSize === 1 ? 'itself' : `the ${blockSize} tokens of its block`;
  const noised = mode === 'training' ? ', with noise' : '';
  const clean = mode === 'training' ? ', clean' : '';
  return before === 0
    ? `“${WORDS[from]}” sees ${own}${noised}.`
    : `“${WORDS[from]}” sees ${own}${noised}, and the ${before} before it${clean}.`;
}
