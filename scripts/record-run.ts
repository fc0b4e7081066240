/**
 * Makes src/ui/write/recording/recorded-run.json: a run of the embedded model, which the page plays while that model
 * is on its way. It is written with the settings of a first visit, and is of another kind and title than the text that
 * comes after it, which would otherwise look like a restart.
 *
 *     node scripts/run.mjs scripts/record-run.ts [seed]
 *
 * The text is always the same; its seconds are those of the machine that it was made on.
 */
import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { createBackend } from '../src/backends/choose-backend.ts';
import { policiesOf } from '../src/backends/reveal-policies.ts';
import { openModelFolder, openTokenizer } from '../src/library/model-folder.ts';
import { FIRST_VISIT, generateSettings } from '../src/ui/settings/settings.ts';
import { originOf, textSettings } from '../src/ui/share/link.ts';
import { writeRunFile } from '../src/ui/share/run-file.ts';
import { continueStory, newStory, type Story, wholeText } from '../src/ui/story/story.ts';
import { factsOf } from '../src/worker/model-facts.ts';
import { writeText } from '../src/worker/write-text.ts';

const MODEL = 'public/models/stories';
const FILE = 'src/ui/write/recording/recorded-run.json';
const KIND = 'Campfire story';
const TITLE = 'The Lantern on Hollow Lake';
const TOKENS = 112;
const MOST_BYTES = 10_000;

const seed = Number(process.argv[2] ?? 1);
const { signal } = new AbortController();
const source = await openModelFolder(MODEL);
const tokenizer = await openTokenizer(source);
if (!tokenizer) throw new Error(`${MODEL} has no tokenizer.`);
const backend = await createBackend(source, 'wasm', undefined);
const facts = factsOf(source);
const { defaultBlockSize, decoding, network } = source.config;
const policies = policiesOf(network);
const page = { ...FIRST_VISIT, kind: KIND, title: TITLE, seed, maxTokens: TOKENS };
const settings = generateSettings(page, {
  ...facts,
  defaultBlockSize,
  policies,
  decoding,
  origin: { type: 'embedded' },
});
const provenance = {
  first: textSettings(page),
  model: { name: facts.name, ...originOf({ ...facts, backend: 'wasm', adapter: '' }) },
  changes: 0,
  source: 'file',
} as const;

const began = performance.now();
const seconds = () => (performance.now() - began) / 1000;
let story: Story = newStory(settings, { kind: page.kind, title: page.title }, provenance);
for await (const event of writeText(
  { backend, tokenizer, template: null, report: 'reveals', seconds },
  () => settings,
  signal,
)) {
  story = continueStory(story, event);
}
backend.dispose();
const text = writeRunFile(JSON.parse(JSON.stringify(story, rounded)), provenance);
const bytes = gzipSync(text).length;
if (bytes > MOST_BYTES) throw new Error(`${bytes} bytes with gzip are more than ${MOST_BYTES}. Record fewer tokens.`);
await writeFile(FILE, `${text}\n`);
console.log(`${wholeText(story)}\n\n${FILE}: ${bytes} bytes with gzip`);

/** Three digits are enough of a probability and of a time. */
function rounded(name: string, value: unknown): unknown {
  return name === 'probability' || name.toLowerCase().endsWith('seconds')
    ? value && Number((value as number).toFixed(3))
    : value;
}
