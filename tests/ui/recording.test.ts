import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { FIRST_VISIT, generateSettings } from '../../src/ui/settings/settings';
import { readRunFile } from '../../src/ui/share/run-file';
import { tokensWritten } from '../../src/ui/story/story';
import { isBetweenBlocks } from '../../src/ui/write/recording/between-blocks';
import { INFO } from '../worker/scripted-model';

const FILE = 'src/ui/write/recording/recorded-run.json';

test('the recording is a run of the embedded model, as a first visit writes, and small', () => {
  const text = readFileSync(FILE, 'utf8');
  expect(gzipSync(text).length).toBeLessThan(10_000);
  const story = readRunFile(text);
  const manifest = JSON.parse(readFileSync('public/models/stories/manifest.json', 'utf8'));
  expect(story.provenance?.model.name).toBe(manifest.name);
  const { blockSize, policy, steps, temperature, topP } = generateSettings(FIRST_VISIT, {
    ...INFO,
    blockSizes: [8],
    defaultBlockSize: 8,
  });
  expect(story.settings).toMatchObject({ blockSize, policy, steps, temperature, topP });
  expect(story.phase).toBe('finished');
  expect(tokensWritten(story)).toBeGreaterThan(64);
  // The text that comes after it is no restart of it.
  expect(story.heading?.title).not.toBe(FIRST_VISIT.title);
  expect(story.heading?.kind).not.toBe(FIRST_VISIT.kind);
});

test('a recording may end before its first step, after a block and at its end, and not within a block', () => {
  const steps = [0, 0, 1, 1, 1].map((block, step) => ({ block, step, nfe: step, seconds: step, reveal: [] }));
  const may = [0, 1, 2, 3, 4, 5].map((position) => isBetweenBlocks({ steps }, position));
  expect(may).toEqual([true, false, true, false, false, true]);
});
