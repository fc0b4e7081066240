/**
 * Runs a TypeScript entry in Node with the same module rules as the page (`?raw`, `import.meta.glob`).
 *
 *     node scripts/run.mjs src/cli/generate.ts …arguments
 *
 * The entry finds its arguments in `process.argv.slice(2)`, as if it had been started itself.
 */
import { runnerImport } from 'vite';

const entry = process.argv[2];
process.argv.splice(1, 2, entry);
await runnerImport(`./${entry}`, { configFile: false, logLevel: 'error' });
