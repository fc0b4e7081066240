import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../src/network/fields';
import { visitorOf } from '../e2e/hub-visitor';
import { openSite, type Site } from '../e2e/site';
import { HubServer, type RepositoryFiles, type ServedFile } from '../hub-server';
import { distributionOf, tensorsOf } from '../long/random-checkpoint';
import { CHAT_VOCABULARY, chatTokenizer } from './chat-tokenizer';
import { GeneratedFile } from './generated-file';

interface Layout {
  readonly config: JsonObject;
  readonly mask: string | null;
  readonly storesHead: boolean;
  readonly shards: number;
}

const QWEN3 = {
  attention_bias: false,
  head_dim: 24,
  hidden_act: 'silu',
  hidden_size: 88,
  intermediate_size: 136,
  max_position_embeddings: 640,
  num_attention_heads: 6,
  num_hidden_layers: 5,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-6,
  vocab_size: CHAT_VOCABULARY + 21,
};
const QWEN2 = {
  hidden_act: 'silu',
  hidden_size: 60,
  intermediate_size: 92,
  max_position_embeddings: 400,
  num_attention_heads: 5,
  num_hidden_layers: 3,
  num_key_value_heads: 1,
  rms_norm_eps: 1e-6,
  vocab_size: CHAT_VOCABULARY + 6,
};
/** transformers 4 and 5 name the same things differently. */
const OLD = { rope_theta: 1_000_000, torch_dtype: 'bfloat16' };
const NEW = { rope_parameters: { rope_theta: 1_000_000, rope_type: 'default' }, dtype: 'bfloat16' };

/** Published layouts in shapes that nobody published, which no other test has. */
const LAYOUTS: Readonly<Record<string, Layout>> = {
  'a2d-qwen3': {
    config: { ...QWEN3, ...OLD, architectures: ['A2DQwen3LMHeadModel'], tie_word_embeddings: true },
    mask: '<|mask|>',
    storesHead: true,
    shards: 1,
  },
  'a2d-qwen2': {
    config: { ...QWEN2, ...OLD, tie_word_embeddings: true },
    mask: '<|mask|>',
    storesHead: false,
    shards: 1,
  },
  sdar: { config: { ...QWEN3, ...OLD, tie_word_embeddings: false }, mask: '<|MASK|>', storesHead: true, shards: 3 },
  Fast_dLLM_Qwen: {
    config: { ...QWEN2, ...OLD, bd_size: 16, tie_word_embeddings: true },
    mask: '|<MASK>|',
    storesHead: false,
    shards: 1,
  },
  qwen3: { config: { ...QWEN3, ...NEW, tie_word_embeddings: true }, mask: null, storesHead: false, shards: 4 },
  qwen2: { config: { ...QWEN2, ...NEW, tie_word_embeddings: true }, mask: null, storesHead: true, shards: 2 },
  llama: {
    config: { ...QWEN2, ...NEW, num_key_value_heads: 5, head_dim: 12, tie_word_embeddings: false },
    mask: null,
    storesHead: true,
    shards: 1,
  },
};

const hub = new HubServer();
let site: Site;
beforeAll(async () => {
  for (const [name, layout] of Object.entries(LAYOUTS)) hub.repositories.set(`unseen/${name}`, filesOf(name, layout));
  await hub.start();
  site = await openSite();
});
afterAll(async () => {
  await site?.close();
  await hub.stop();
});

function filesOf(name: string, { config, mask, storesHead, shards }: Layout): RepositoryFiles {
  const json = { ...config, model_type: name };
  // The tokenizer names the mask token, the config need not.
  const tensors = tensorsOf({ ...json, mask_token_id: 5 }, 1, storesHead).map(({ name, shape }) => {
    return { name, shape, ...distributionOf(name, shape) };
  });
  const files = new Map<string, Buffer | ServedFile>(chatTokenizer(mask));
  files.set('config.json', Buffer.from(JSON.stringify(json)));
  files.set('README.md', Buffer.from(`---\nlicense: apache-2.0\n---\n\n# Unseen ${name}\n`));
  const each = Math.ceil(tensors.length / shards);
  const map: Record<string, string> = {};
  for (let shard = 0; shard < shards; shard++) {
    const path = shards === 1 ? 'model.safetensors' : `model-0000${shard + 1}-of-0000${shards}.safetensors`;
    const some = tensors.slice(shard * each, (shard + 1) * each);
    files.set(path, new GeneratedFile(some));
    for (const tensor of some) map[tensor.name] = path;
  }
  if (shards > 1) files.set('model.safetensors.index.json', Buffer.from(JSON.stringify({ weight_map: map })));
  return files;
}

test.each(Object.keys(LAYOUTS))(
  'an unseen checkpoint laid out as %s is opened, converted, kept, opened again offline, and answers',
  async (name) => {
    const visit = await visitorOf(site, hub);
    const { page } = visit;
    const isHere = () => page.locator('.panel .facts dd', { hasText: `Unseen ${name}` }).waitFor();
    const ask = async (question: string) => {
      await page.getByRole('link', { name: 'Chat' }).click();
      const turns = await page.locator('.turn').count();
      await page.getByPlaceholder('Your message').fill(question);
      await page.keyboard.press('Enter');
      await page
        .locator('.turn')
        .nth(turns + 1)
        .waitFor();
      await visit.reaches('finished');
      expect(await page.getByRole('alert').count()).toBe(0);
    };
    await page.getByRole('button', { name: 'Open a model…' }).click();
    await page.getByLabel(/^URL of a model folder/).fill(`unseen/${name}`);
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await page.getByRole('button', { name: 'Fetch and open' }).click();
    await isHere();
    await ask('Who is there?');
    await hub.stop();
    try {
      await page.reload();
      await isHere();
      await ask('And now?');
    } finally {
      await hub.start();
    }
    await page.context().close();
  },
  300_000,
);
