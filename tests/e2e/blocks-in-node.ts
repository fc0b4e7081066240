import { policiesOf } from '../../src/backends/reveal-policies';
import { createWasmBackend } from '../../src/backends/wasm/wasm-backend';
import { openModelFolder, openTokenizer } from '../../src/library/model-folder';
import { DEFAULT_SETTINGS, generateSettings, type Settings } from '../../src/ui/settings/settings';
import { writeText } from '../../src/worker/write-text';
import { SETTINGS } from './page-parts';

/** The ids of each block that the embedded model writes in Node on the wasm backend, under the settings of a visitor. */
export async function blocksInNode(settings: Partial<Settings> = {}): Promise<number[][]> {
  const source = await openModelFolder('public/models/stories');
  const tokenizer = await openTokenizer(source);
  if (!tokenizer) throw new Error('the embedded model has no tokenizer');
  const asked = generateSettings(
    { ...DEFAULT_SETTINGS, ...SETTINGS, ...settings },
    { ...source.config, policies: policiesOf(source.config.network), origin: { type: 'embedded' } },
  );
  const backend = await createWasmBackend(source);
  const blocks: number[][] = [];
  const writer = { backend, tokenizer, template: null, report: 'reveals', seconds: () => 0 } as const;
  for await (const news of writeText(writer, () => asked, new AbortController().signal)) {
    if (news.type === 'block') blocks.push(news.tokens.map(({ id }) => id));
  }
  backend.dispose();
  return blocks;
}

/** The ids of each block that a saved run has. What a block has beyond its length was written and is not in the text. */
export function blocksOfRun(file: string): number[][] {
  const { blocks }: { blocks: { length: number; tokens: [id: number][] }[] } = JSON.parse(file);
  return blocks.map(({ length, tokens }) => tokens.slice(0, length).map(([id]) => id));
}
