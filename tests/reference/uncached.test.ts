import { beforeAll, describe, it } from 'vitest';
import { exportedModel } from '../backends/tiny-model';
import { FIXTURES, folderOf, readGolden } from '../families/fixtures';
import { expectClose } from '../kernels/compare';
import { folderWeights } from './folder-weights';
import { uncachedLogits, type Weights } from './uncached';

/** Of logits: the authors' own passes differ from each other by a fifth of it. See the fixtures' READMEs. */
const TOLERANCE = { atol: 3e-4, rtol: 0 };

/** What every backend is compared with is itself held to the authors' numbers. */
describe.each(FIXTURES)('plain loops: $folder', (fixture) => {
  const golden = readGolden(fixture);
  const { blockSize } = fixture;
  let model: Awaited<ReturnType<typeof exportedModel>>;
  let weights: Weights;
  beforeAll(async () => {
    model = await exportedModel(folderOf(fixture), 'f32');
    weights = await folderWeights(model);
  });

  const rowsOf = (logits: Float32Array, from: number, to: number) =>
    logits.subarray(from * model.config.vocabSize, to * model.config.vocabSize);
  const shiftOf = () => (model.config.network.predicts === 'next' ? 1 : 0);

  it('clean logits', () => {
    const clean = golden.ids(golden.has('clean_ids') ? 'clean_ids' : 'ids');
    const expected = golden.floats(golden.has('clean_logits') ? 'clean_logits' : 'causal_logits');
    const text = { ids: clean, blockSize, noisedFrom: clean.length };
    const logits = uncachedLogits(model.config, weights, text, clean.length);
    expectClose(rowsOf(logits, shiftOf(), clean.length), rowsOf(expected, 0, clean.length - shiftOf()), TOLERANCE);
  });

  it.runIf(golden.has('noised_ids'))('a noised block after clean ones', () => {
    const [clean, noised] = [golden.ids('clean_ids'), golden.ids('noised_ids')];
    const expected = golden.floats('denoise_logits');
    for (let from = 0; from < clean.length; from += 2 * blockSize) {
      const ids = [...clean.slice(0, from), ...noised.slice(from, from + blockSize)];
      const logits = uncachedLogits(model.config, weights, { ids, blockSize, noisedFrom: from }, blockSize);
      const rows = rowsOf(expected, from, from + blockSize - shiftOf());
      expectClose(rowsOf(logits, shiftOf(), blockSize), rows, TOLERANCE);
    }
  });
});
