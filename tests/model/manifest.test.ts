import { expect, it } from 'vitest';
import { parseManifest } from '../../src/model/format/manifest';
import { MANIFEST } from './small-folder';

const [FILE] = MANIFEST.files;

it('takes a manifest', () => {
  expect(parseManifest(MANIFEST)).toEqual(MANIFEST);
  for (const dtype of ['f16', 'q8', 'q4']) {
    expect(parseManifest({ ...MANIFEST, dtype }).dtype).toBe(dtype);
    expect(parseManifest({ ...MANIFEST, embeddingDtype: dtype }).embeddingDtype).toBe(dtype);
  }
  const empty = { ...MANIFEST, files: [{ ...FILE, bytes: 0 }] };
  expect(parseManifest(empty).files).toEqual(empty.files);
});

it.each([null, undefined, 'text', 5, true])('refuses %s', (value) => {
  expect(() => parseManifest(value)).toThrowError('manifest.json: the file must be a JSON object.');
});

it.each([
  ['formatVersion', [undefined, null, 1.5, '3']],
  ['id', [undefined, '', 5]],
  ['name', [undefined, '', null]],
  ['licence', [undefined, '', ['MIT']]],
  ['parameters', [undefined, 0, -1, 1.5, '9', 2 ** 53, Number.NaN]],
  ['dtype', [undefined, 'f64', 'F32', 1]],
  ['embeddingDtype', [undefined, null, 'f64', 'F32', 1]],
  ['files', [undefined, null, {}, 'model.safetensors']],
])('refuses a wrong %s', (field, values) => {
  for (const value of values) expectRefused({ ...MANIFEST, [field]: value }, `manifest.json: ${field} must be `);
});

it.each([
  [
    'path',
    [undefined, 5, '', '.', '..', '.hidden', '/model.safetensors', 'a/b', 'a\\b', '../x', 'a b', 'x\n'],
    'files[].path',
  ],
  ['bytes', [undefined, -1, 0.5, '3', 2 ** 53], 'the bytes of model.safetensors'],
  ['sha256', [undefined, 5, '', 'A'.repeat(64), 'a'.repeat(63), 'a'.repeat(65)], 'the sha256 of model.safetensors'],
])('refuses a file with a wrong %s', (field, values, told) => {
  for (const value of values) {
    const manifest = { ...MANIFEST, files: [{ ...FILE, [field]: value }] };
    expectRefused(manifest, `manifest.json: ${told} must be `);
  }
});

it.each([null, 5, 'model.safetensors'])('refuses the file %s', (file) => {
  expectRefused({ ...MANIFEST, files: [file] }, 'manifest.json: files[].path must be ');
});

it.each([
  ['a list of files', [undefined, null, [], {}, 'model.safetensors']],
  ['a list of files, each listed once', [[null], [{}], ['other'], ['model.safetensors', 'model.safetensors']]],
])('refuses weights that are not %s', (expected, values) => {
  for (const weights of values) expectRefused({ ...MANIFEST, weights }, `manifest.json: weights must be ${expected}.`);
});

it('refuses a file that nothing uses', () => {
  const other = { ...FILE, path: 'model.onnx' };
  const message = 'manifest.json: model.onnx must be named in weights, or not listed.';
  expectRefused({ ...MANIFEST, files: [FILE, other] }, message);
});

it.each([2, 1, 4])('says what to do about a folder of format %i', (formatVersion) => {
  expectRefused(
    { ...MANIFEST, formatVersion },
    `formatVersion is ${formatVersion}, and this Unmask reads model folders of format 3. Export the model again with`,
  );
});

it('refuses a file that is listed twice', () => {
  expectRefused({ ...MANIFEST, files: [FILE, FILE] }, 'manifest.json: model.safetensors must be listed once.');
});

function expectRefused(value: unknown, message: string): void {
  expect(() => parseManifest(value)).toThrowError(
    expect.objectContaining({ code: 'bad-model', message: expect.stringContaining(message) }),
  );
}
