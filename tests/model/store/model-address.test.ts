import { afterEach, describe, expect, it, vi } from 'vitest';
import { modelFolderUrl } from '../../../src/model/store/model-address';

afterEach(() => vi.unstubAllGlobals());

describe('the address of a model folder', () => {
  it.each([
    ['https://example.org/models/tiny/', 'https://example.org/models/tiny/'],
    ['https://example.org/models/tiny', 'https://example.org/models/tiny/'],
    ['  https://example.org/models/tiny/manifest.json \n', 'https://example.org/models/tiny/'],
    ['https://example.org', 'https://example.org/'],
    ['https://example.org/manifest.json', 'https://example.org/'],
    ['https://example.org/my-manifest.json', 'https://example.org/my-manifest.json/'],
    ['https://example.org/tiny//?download=true#files', 'https://example.org/tiny/?download=true'],
    ['HTTPS://Example.org/Tiny', 'https://example.org/Tiny/'],
    ['http://localhost:8000/tiny', 'http://localhost:8000/tiny/'],
    ['http://127.0.0.1:8000/tiny', 'http://127.0.0.1:8000/tiny/'],
    ['http://[::1]:8000/tiny', 'http://[::1]:8000/tiny/'],
    ['https://example.org/tiny/config.json', 'https://example.org/tiny/'],
    ['https://example.org/tiny/model.safetensors?key=1&key=2', 'https://example.org/tiny/?key=1&key=2'],
  ])('%s is %s', (text, url) => {
    expect(modelFolderUrl(text)).toBe(url);
    expect(modelFolderUrl(url)).toBe(url);
  });

  it.each([
    '',
    'tiny',
    'example.org/tiny',
    'ftp://example.org/tiny',
    'file:///tiny',
    'blob:https://a.org/1',
    'data:,x',
  ])('is not "%s"', (text) => {
    expect(() => modelFolderUrl(text)).toThrow(
      expect.objectContaining({
        code: 'bad-input',
        message:
          `"${text}" is not the address of a model folder. Give one that begins with https://, ` +
          'or a Hugging Face repository as owner/name.',
      }),
    );
  });

  it('has no password in it', () => {
    expect(() => modelFolderUrl('https://me:secret@example.org/tiny')).toThrow(
      expect.objectContaining({ code: 'bad-input', message: expect.not.stringContaining('secret') }),
    );
  });

  it('may be of plain http only where the browser fetches that', () => {
    const text = 'http://example.org/tiny';
    const refusal = expect.objectContaining({ code: 'bad-input', message: expect.stringContaining('Use an https://') });
    expect(() => modelFolderUrl(text)).toThrow(refusal);
    expect(() => modelFolderUrl('http://localhost.example.org/tiny')).toThrow(refusal);
    vi.stubGlobal('location', new URL('https://example.org/'));
    expect(() => modelFolderUrl(text)).toThrow(refusal);
    vi.stubGlobal('location', new URL('http://other.example/'));
    expect(modelFolderUrl(text)).toBe(`${text}/`);
  });
});
