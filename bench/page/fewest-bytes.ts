import type { Dispatch } from './dispatch-capture';

/** A pass of few rows whose dispatches are measured. */
export interface PassShape {
  readonly rows: number;
  /** Slots of the KV ring that the rows see, their own included. */
  readonly slots: number;
  /** Rows that the buffers of activations hold. */
  readonly capacity: number;
  /** Slots that the buffers of keys and values hold. */
  readonly contextLength: number;
  readonly vocabSize: number;
}

/** The part of a bound buffer that a dispatch must touch, by the labels of both: the first that fits. Of a weight it is all, but for the embedding's. */
const PARTS: readonly {
  readonly dispatch: RegExp;
  readonly buffer: RegExp;
  part(shape: PassShape): number;
}[] = [
  { dispatch: /^embedding$/, buffer: /^embedding\.weight/, part: ({ rows, vocabSize }) => rows / vocabSize },
  { dispatch: /\.attention$/, buffer: /\.(keys|values)$/, part: ({ slots, contextLength }) => slots / contextLength },
  { dispatch: /./, buffer: /\.(keys|values|ropeTable)$/, part: ({ rows, contextLength }) => rows / contextLength },
  {
    dispatch: /./,
    buffer: /^attention\./,
    part: ({ rows, capacity, slots, contextLength }) => (rows / capacity) * (slots / contextLength),
  },
  // The sampler's own: what fits a smaller memory need not be moved.
  { dispatch: /./, buffer: /^head\.candidates$/, part: () => 0 },
  // Its last row is kept from the pass before.
  { dispatch: /./, buffer: /^few\.x$/, part: ({ rows, capacity }) => rows / (capacity + 1) },
  {
    dispatch: /./,
    buffer: /^(few\..+|head\.(pass|picks|normed|logits|drawn))$/,
    part: ({ rows, capacity }) => rows / capacity,
  },
];

/** The fewest bytes that a dispatch can move: its inputs, weights and outputs, once each. */
export function fewestBytes({ label, buffers }: Pick<Dispatch, 'label' | 'buffers'>, shape: PassShape): number {
  const bytes = buffers.map((buffer) => {
    const rule = PARTS.find((each) => each.dispatch.test(label) && each.buffer.test(buffer.label));
    return buffer.bytes * (rule?.part(shape) ?? 1);
  });
  return Math.round(bytes.reduce((sum, each) => sum + each));
}
