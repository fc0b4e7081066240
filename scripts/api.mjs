/**
 * `npm run api`: writes docs/API.md, or the file that is named, from the docstrings of the library's two entries.
 *
 * TypeDoc reads TypeScript through an API that the one we compile with does not have, so it and an older one are
 * installed beside this script, at its first run.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './install.mjs';

const FOLDER = fileURLToPath(new URL('api/', import.meta.url));
const TARGET = process.argv[2] ?? 'docs/API.md';
const HEAD = '<!-- Made by `npm run api` from the docstrings in src/library. -->';

const cwd = { cwd: FOLDER };
if (!existsSync(join(FOLDER, 'node_modules'))) run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], cwd);
const out = mkdtempSync(join(tmpdir(), 'unmask-api-'));
try {
  run('npx', ['typedoc', '--out', out], cwd);
  const pages = ['unmask', 'node'].map((name) => readFileSync(join(out, `${name}.md`), 'utf8'));
  const [browser, node] = pages.map((page) => page.replaceAll('unmask.md#', '#').trim());
  writeFileSync(TARGET, `${HEAD}\n\n${browser}\n\n${node.replace('# node', '# unmask/node')}\n`);
} finally {
  rmSync(out, { recursive: true });
}
