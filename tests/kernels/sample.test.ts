import { describe, expect, it } from 'vitest';
import { packWritten } from '../../src/backends/presence';
import { Buffers } from '../../src/gpu/buffers';
import { DRAWN_BYTES, type Drawn, readDrawn, sample, sampleCandidates } from '../../src/kernels/sample';
import { entropyOf, sample as referenceSample } from '../reference/sample';
import { download, runKernels, upload, uploadPass } from './device-arrays';
import { kernelDevice } from './kernel-device';
import { randomArray } from './numbers';

const { device, pipelines } = await kernelDevice();

interface Draw {
  readonly vocab: number;
  readonly maskId: number;
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  readonly pass: number;
  /** Of the block. */
  readonly position: number;
  /** Rows of the block, one for each row of logits. */
  readonly picks: readonly number[];
  /** Numbers of a row's list of candidates. */
  readonly candidates?: number;
  readonly presencePenalty?: number;
  /** Before the pass. */
  readonly written?: readonly number[];
  /** The ids of the rows of a tree, and what each of them sees. */
  readonly tree?: { readonly ids: readonly number[]; readonly seen: readonly number[] };
}

/** The mask's id in vocabularies of so many: first, last and in the middle. Each pair is a pipeline to compile. */
const MASK_IDS = { 2: 1, 98: 97, 255: 127, 256: 255, 257: 128, 1031: 515, 5003: 5002 } as const;
type Vocab = keyof typeof MASK_IDS;

describe.each([1, 8] as const)('%i lanes', (lanes) => {
  /** One draw from each row of logits [picks.length, vocab]. */
  async function drawOnGpu(logits: Float32Array<ArrayBuffer>, draw: Draw): Promise<Drawn[]> {
    const buffers = new Buffers(device);
    const {
      temperature,
      topP,
      seed,
      position,
      written = [],
      tree = { ids: [0], seen: [] },
      presencePenalty = 0,
    } = draw;
    const { seen } = tree;
    const count = draw.picks.length;
    const slices = {
      pass: uploadPass(device, buffers, {
        rows: count,
        position,
        seed,
        passNumber: draw.pass,
        temperature,
        topP,
        seen,
      }),
      logits: upload(device, buffers, 'logits', logits),
      picks: upload(device, buffers, 'picks', Uint32Array.from(draw.picks)),
      drawn: buffers.storage('drawn', count * DRAWN_BYTES),
      candidates: buffers.storage('candidates', count * (draw.candidates ?? sampleCandidates(draw.vocab)) * 4),
      written: upload(device, buffers, 'written', packWritten(new Set(written), draw.vocab)),
      ids: upload(device, buffers, 'ids', Uint32Array.from(tree.ids)),
    };
    runKernels(device, [sample(pipelines, 'sample', { ...draw, presencePenalty, lanes }, slices), count]);
    const drawn = readDrawn(await download(device, buffers, slices.drawn), count);
    buffers.dispose();
    return drawn;
  }

  const ROWS = 12;
  const DEFAULTS: Draw = {
    vocab: 98,
    maskId: 97,
    temperature: 1,
    topP: 1,
    seed: 7,
    pass: 3,
    position: 20,
    picks: Array.from({ length: ROWS }, (_, row) => (row * 5) % 32),
  };

  /** Draws every row on the GPU and compares with the reference, ids exactly. */
  async function expectDraws(logits: Float32Array<ArrayBuffer>, draw: Draw): Promise<void> {
    const drawn = await drawOnGpu(logits, draw);
    const expected = draw.picks.map((pick, row) =>
      referenceSample(logits.subarray(row * draw.vocab, (row + 1) * draw.vocab), {
        ...draw,
        position: draw.position + pick,
      }),
    );
    expect(drawn.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    expect(drawn.map(({ likeliest }) => likeliest.id)).toEqual(expected.map(({ likeliest }) => likeliest.id));
    expect(drawn.map(({ second }) => second)).toEqual(expected.map(({ second }) => second));
    drawn.forEach(({ probability, entropy, likeliest }, row) => {
      expectProbability(probability, expected[row]!.probability);
      expectProbability(likeliest.probability, expected[row]!.likeliest.probability);
      expectEntropy(entropy, expected[row]!.entropy);
    });
  }

  function expectProbability(probability: number, expected: number): void {
    expect(Math.abs(probability - expected)).toBeLessThan(2e-6 + 2e-5 * expected);
  }

  /** WGSL's log may err by 2⁻²¹ near 1, where the entropy is near 0; the rest are sums of f32. */
  function expectEntropy(entropy: number, expected: number): void {
    expect(entropy).toBeGreaterThanOrEqual(0);
    expect(Math.abs(entropy - expected)).toBeLessThan(2e-6 + 2e-5 * expected);
  }

  const randomLogits = (draw: Draw, spread: number) =>
    randomArray(draw.picks.length * draw.vocab, draw.seed).map((x) => x * spread);

  describe('arg-max', () => {
    it.each<Vocab>([2, 98, 256, 257, 1031])('over %i ids', async (vocab) => {
      const draw = { ...DEFAULTS, temperature: 0, vocab, maskId: MASK_IDS[vocab] };
      await expectDraws(randomLogits(draw, 10), draw);
    });
    it('gives a tie to the lowest id and never the mask', async () => {
      const logits = new Float32Array(1031).fill(-3);
      for (const id of [1021, 280, 41, 297]) logits[id] = 2;
      logits[515] = 1000;
      const [drawn] = await drawOnGpu(logits, { ...DEFAULTS, vocab: 1031, maskId: 515, temperature: 0, picks: [0] });
      expect(drawn!.id).toBe(41);
      expect(drawn!.probability).toBeCloseTo(1 / (4 + 1026 * Math.exp(-5)), 6);
    });
    it('sees −0 and 0 as one', async () => {
      const [drawn] = await drawOnGpu(new Float32Array([-1, -0, 0, -1, 9, -1, -1, -1]), {
        ...DEFAULTS,
        vocab: 8,
        maskId: 4,
        temperature: 0,
        picks: [0],
      });
      expect(drawn!.id).toBe(1);
    });
  });

  describe('draws equal the reference', () => {
    const seeds = Array.from({ length: 12 }, (_, index) => index * 0x1000_0001);
    it.each(seeds)('full distribution, seed %i', async (seed) => {
      const draw = { ...DEFAULTS, seed: seed >>> 0, temperature: 0.9 };
      await expectDraws(randomLogits(draw, 3), draw);
    });
    it.each([0, 0.1, 0.5, 0.9, 0.99, 0.9999])('nucleus %f', async (topP) => {
      for (const temperature of [0.3, 1, 1.7]) {
        const draw = { ...DEFAULTS, topP, temperature, seed: Math.round(topP * 1000) };
        await expectDraws(randomLogits(draw, 4), draw);
      }
    });
    it.each<Vocab>([2, 255, 257, 1031])('nucleus over %i ids, mask in the middle', async (vocab) => {
      const draw = { ...DEFAULTS, vocab, maskId: MASK_IDS[vocab], topP: 0.8, seed: vocab };
      await expectDraws(randomLogits(draw, 5), draw);
    });
    it('keeps the lowest of equal ids that the nucleus has room for', async () => {
      const picks = Array.from({ length: 60 }, (_, row) => row);
      const draw = { ...DEFAULTS, vocab: 9, maskId: 0, topP: 0.55, picks };
      const logits = new Float32Array(picks.length * draw.vocab).fill(0.25);
      await expectDraws(logits, draw);
      const ids = new Set((await drawOnGpu(logits, draw)).map(({ id }) => id));
      // Eight equal ids of 1/8: four fit into 0.55.
      expect([...ids].sort()).toEqual([1, 2, 3, 4]);
    });
    it.each([0.2, 0.9, 0.999])('nucleus %f over 5,003 ids, with room for 256 candidates', async (topP) => {
      const picks = [0, 1, 2, 3];
      const draw = { ...DEFAULTS, vocab: 5003, maskId: MASK_IDS[5003], topP, candidates: 256, picks };
      for (const spread of [0.001, 1, 8, 40]) await expectDraws(randomLogits(draw, spread), draw);
    });
    it('nucleus of a flat row that the list has no room for', async () => {
      for (const level of [0, -7.25, 1e4, -3e38]) {
        const draw = { ...DEFAULTS, vocab: 5003, maskId: MASK_IDS[5003], topP: 0.4, candidates: 256, picks: [0, 7, 9] };
        await expectDraws(new Float32Array(draw.picks.length * 5003).fill(level), draw);
      }
    });
    it('nucleus of a row of few different logits', async () => {
      const picks = Array.from({ length: 20 }, (_, row) => row);
      for (const candidates of [256, undefined]) {
        const draw = { ...DEFAULTS, vocab: 1031, maskId: 515, topP: 0.7, picks, ...(candidates && { candidates }) };
        await expectDraws(randomLogits(draw, 3).map(Math.round), draw);
      }
    });
    it('survives logits far apart', async () => {
      const draw = { ...DEFAULTS, topP: 0.95, temperature: 0.7 };
      await expectDraws(randomLogits(draw, 1e4), draw);
    });
  });

  describe('a presence penalty', () => {
    const penalty = { ...DEFAULTS, temperature: 0.9, topP: 0.9, presencePenalty: 1.5 };
    /** Rows of logits, less the penalty at some ids of each. */
    const lowered = (logits: Float32Array<ArrayBuffer>, { vocab }: Draw, of: (row: number) => readonly number[]) =>
      logits.map((logit, at) => (of(Math.floor(at / vocab)).includes(at % vocab) ? logit - 1.5 : logit));

    it.each<Vocab>([98, 255, 257, 1031])('is taken off what was written, over %i ids', async (vocab) => {
      const draw = { ...penalty, vocab, maskId: MASK_IDS[vocab] };
      const written = [0, 1, 31, 32, 64, vocab - 2].filter((id) => id !== draw.maskId);
      const logits = randomLogits(draw, 3);
      const expected = await drawOnGpu(
        lowered(logits, draw, () => written),
        { ...draw, presencePenalty: 0 },
      );
      expect(await drawOnGpu(logits, { ...draw, written })).toEqual(expected);
      expect(await drawOnGpu(logits, draw)).not.toEqual(expected);
    });

    it('is taken off once for each id, in a tree of what the row sees of the draft', async () => {
      // Two settled rows, a draft of three, a second candidate beside its first id, and two masks behind that.
      const { maskId } = penalty;
      const tree = {
        ids: [40, 41, 5, 6, 5, 7, maskId, maskId],
        seen: [0b1, 0b11, 0b111, 0b1111, 0b11111, 0b100011, 0b11100011, 0b11100011],
      };
      const draw = { ...penalty, picks: [1, 2, 3, 4, 5, 6, 7], written: [6, 40] };
      const draft = [[], [5], [5, 6], [5, 6], [7], [7], [7]];
      const logits = randomLogits(draw, 3);
      const expected = await drawOnGpu(
        lowered(logits, draw, (row) => [...new Set([6, 40, ...draft[row]!])]),
        { ...draw, tree, written: [], presencePenalty: 0 },
      );
      expect(await drawOnGpu(logits, { ...draw, tree })).toEqual(expected);
    });
  });

  describe('entropy', () => {
    const entropiesOf = async (logits: Float32Array<ArrayBuffer>, draw: Draw) =>
      (await drawOnGpu(logits, draw)).map(({ entropy }) => entropy);

    it.each<Vocab>([2, 98, 255, 256, 257, 1031, 5003])(
      'of a flat row over %i ids is log of all but the mask',
      async (vocab) => {
        for (const level of [0, -7.25, 1e4, -3e38]) {
          const draw = { ...DEFAULTS, vocab, maskId: MASK_IDS[vocab], picks: [0, 1] };
          const logits = new Float32Array(2 * vocab).fill(level);
          for (const entropy of await entropiesOf(logits, draw)) expectEntropy(entropy, Math.log(vocab - 1));
        }
      },
    );

    it.each<Vocab>([2, 98, 256, 1031])('of a peaked row over %i ids is nearly 0 and never below', async (vocab) => {
      for (const height of [12, 30, 1e3, 1e30]) {
        const draw = { ...DEFAULTS, vocab, maskId: MASK_IDS[vocab], picks: [0] };
        const logits = new Float32Array(vocab);
        logits[draw.maskId - 1] = height;
        const [entropy] = await entropiesOf(logits, draw);
        const others = (vocab - 2) * Math.exp(-height);
        expectEntropy(
          entropy!,
          entropyOf([1 / (1 + others), ...Array(vocab - 2).fill(Math.exp(-height) / (1 + others))]),
        );
      }
    });

    it.each<Vocab>([2, 98, 256, 1031])('of logits near and far over %i ids', async (vocab) => {
      for (const spread of [0.1, 3, 30, 1e4, 3e38]) {
        const draw = { ...DEFAULTS, vocab, maskId: MASK_IDS[vocab], temperature: 0 };
        await expectDraws(randomLogits(draw, spread), draw);
      }
    });

    it('is that of the model, whatever temperature, nucleus and the logit of the mask are', async () => {
      const logits = randomLogits(DEFAULTS, 3);
      const expected = await entropiesOf(logits, DEFAULTS);
      for (let row = 0; row < ROWS; row++) logits[row * DEFAULTS.vocab + DEFAULTS.maskId] = [1e3, Number.NaN][row % 2]!;
      for (const change of [{ temperature: 0 }, { temperature: 0.3 }, { temperature: 2, topP: 0.5 }]) {
        expect(await entropiesOf(logits, { ...DEFAULTS, ...change })).toEqual(expected);
      }
    });
  });

  it('draws are distributed as the softmax (chi-square over 7 ids)', async () => {
    const logits = [0, 0.5, 1, -1, 9, 0.2, -0.4, 0.8];
    const draw = { ...DEFAULTS, vocab: 8, maskId: 4, seed: 11, picks: Array.from({ length: 400 }, (_, row) => row) };
    const drawn = await drawOnGpu(Float32Array.from(draw.picks.flatMap(() => logits)), draw);
    expect(drawn.every(({ probability }) => probability > 0)).toBe(true);
    const counts = Array<number>(8).fill(0);
    for (const { id } of drawn) counts[id]!++;
    const weights = logits.map((logit, id) => (id === draw.maskId ? 0 : Math.exp(logit)));
    const total = weights.reduce((a, b) => a + b);
    expect(counts[draw.maskId]).toBe(0);
    const chiSquare = weights.reduce((sum, weight, id) => {
      const expected = (draw.picks.length * weight) / total;
      return expected === 0 ? sum : sum + (counts[id]! - expected) ** 2 / expected;
    }, 0);
    // 6 degrees of freedom: 22.5 is passed by chance once in a thousand seeds; this seed is fixed.
    expect(chiSquare).toBeLessThan(22.5);
  });

  it('the same counters give the same draws, another pass or seed others', async () => {
    const logits = randomLogits(DEFAULTS, 1);
    const first = await drawOnGpu(logits, DEFAULTS);
    expect(await drawOnGpu(logits, DEFAULTS)).toEqual(first);
    expect(await drawOnGpu(logits, { ...DEFAULTS, pass: 4 })).not.toEqual(first);
    expect(await drawOnGpu(logits, { ...DEFAULTS, seed: 8 })).not.toEqual(first);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'a logit of %f shows as −1',
    async (bad) => {
      for (const temperature of [0, 1]) {
        const draw = { ...DEFAULTS, temperature, topP: 0.9 };
        const logits = randomLogits(draw, 1);
        logits[draw.vocab + 40] = bad;
        const drawn = await drawOnGpu(logits, draw);
        expect(drawn[1]).toMatchObject({ probability: -1, entropy: -1 });
        expect(drawn.filter(({ probability }) => probability === -1)).toHaveLength(1);
      }
    },
  );
});
