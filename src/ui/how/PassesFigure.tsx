import { useState } from 'react';
import { rate } from '../fields/format';
import { SliderField } from '../fields/SliderField';
import { passesFor } from './passes';

const TOKENS = 128;
const BLOCK_SIZES = [1, 2, 4, 8, 16] as const;
/** Blocks of one token cost most: a pass to find each, and one to store it. */
const MOST = 2 * TOKENS;

/** Passes for a text one token at a time, and block by block. */
export function PassesFigure() {
  const [size, setSize] = useState(BLOCK_SIZES.length - 1);
  const [wanted, setWanted] = useState(8);
  const blockSize = BLOCK_SIZES[size] ?? 16;
  const steps = Math.min(wanted, blockSize);
  const { autoregressive, blocks, carried } = passesFor(TOKENS, blockSize, steps);
  return (
    <figure className="figure passes-figure">
      <p className="figure-line">
        Passes for {TOKENS} tokens; in blocks, <span data-rate>{rate(TOKENS / blocks)}</span> tokens per pass
      </p>
      <dl className="bars">
        <Bar name="One token per pass" passes={autoregressive} kind="autoregressive" />
        <Bar
          name={`Blocks of ${blockSize} in ${steps === 1 ? '1 step' : `${steps} steps`}`}
          passes={blocks}
          kind="blocks"
        />
        <Bar name="The same, storing with the next step" passes={carried} kind="carried" />
      </dl>
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
        label="Steps per block"
        value={steps}
        min={1}
        max={Math.max(2, blockSize)}
        step={1}
        shown={String(steps)}
        disabled={blockSize === 1}
        onChange={setWanted}
      />
      <figcaption className="hint">
        A block takes its steps, plus one more pass that stores it for later blocks. On a GPU that pass is combined with
        the next block’s first step; the figures under a text count it anyway. With blocks of 1 this model takes two
        passes per token, where a model made to write that way takes one.
      </figcaption>
    </figure>
  );
}

interface BarProps {
  readonly name: string;
  readonly passes: number;
  readonly kind: 'autoregressive' | 'blocks' | 'carried';
}

function Bar({ name, passes, kind }: BarProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <span className="bar" data-kind={kind} style={{ '--share': passes / MOST }} />
        <span data-passes={kind}>{passes}</span>
      </dd>
    </div>
  );
}
