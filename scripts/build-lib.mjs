/**
 * `npm run build:lib`: the library, in lib/. Its modules mirror src/, with the types of what its two entries give.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'vite';
import { run } from './install.mjs';

const OUT = 'lib';
const ENTRIES = ['library/unmask.d.ts', 'library/node.d.ts'];

await build({ configFile: 'vite.lib.config.ts', logLevel: 'warn' });
const types = mkdtempSync(join(tmpdir(), 'unmask-types-'));
try {
  run('npx', ['tsc', '-p', 'tsconfig.lib.json', '--outDir', types]);
  const copied = new Set();
  for (const entry of ENTRIES) copyTypes(entry, copied);
} finally {
  rmSync(types, { recursive: true });
}

/** Copies a file of types and those that it imports, with the extensions that Node's resolution asks for. */
function copyTypes(path, copied) {
  if (copied.has(path)) return;
  copied.add(path);
  const text = readFileSync(join(types, path), 'utf8');
  const imported = [];
  const written = text.replace(/(?<=from ')\.[^']+(?=')/g, (specifier) => {
    imported.push(join(dirname(path), `${specifier}.d.ts`));
    return `${specifier}.js`;
  });
  const target = join(OUT, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, written);
  for (const file of imported) copyTypes(file, copied);
}
