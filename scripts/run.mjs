/**
 * Runs a TypeScript entry in Node with the same module rules as the page (`?raw`, `import.meta.glob`).
 *
 *     node scripts/run.mjs src/cli/generate.ts …arguments
 *
 * The entry is a path in this repository, wherever the command is started. It finds its arguments in
 * `process.argv.slice(2)`, as if it had been started itself.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const entry = resolve(root, process.argv[2]);
process.argv.splice(1, 2, entry);
await runnerImport(entry, { root, configFile: false, logLevel: 'error' });
