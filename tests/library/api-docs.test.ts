import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { TemporaryFolders } from '../temporary-folders';

const folders = new TemporaryFolders();
afterAll(() => folders.remove());

test('docs/API.md is what the docstrings say: otherwise run "npm run api"', async () => {
  const made = join(await folders.make(), 'API.md');
  await promisify(execFile)('node', ['scripts/api.mjs', made]);
  expect(readFileSync('docs/API.md', 'utf8')).toBe(readFileSync(made, 'utf8'));
  // The first run installs TypeDoc.
}, 180_000);
