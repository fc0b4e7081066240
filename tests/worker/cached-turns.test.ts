import { expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend';
import { openWasmBackend } from '../../src/backends/wasm/wasm-backend';
import type { ChatTurn, GenerateSettings, GenerationEvent } from '../../src/library/texts';
import { readWeights } from '../../src/model/source/read-weights';
import { describeModel } from '../../src/network/families';
import { f32Everywhere } from '../../src/onnx/cpu-dtypes';
import { createChatTemplate } from '../../src/tokenizer/chat-template';
import { StreamDecoder } from '../../src/tokenizer/stream-decoder';
import type { Tokenizer } from '../../src/tokenizer/tokenizer';
import { alternativesAt } from '../../src/worker/alternatives-at';
import { openingOf } from '../../src/worker/opening';
import { writeText } from '../../src/worker/write-text';
import { NO_FACTS } from '../engine/small-model';
import { packed, randomModel } from '../random-model';
import { SETTINGS } from './scripted-model';

const FIRST = 0x4e00;
const decode = (ids: readonly number[]) => ids.map((id) => String.fromCodePoint(FIRST + id)).join('');
const encode = (text: string) => [...text].map((character) => character.codePointAt(0)! - FIRST);
/** A token is a character, so that a random answer is spelled as it was drawn. */
const tokenizer: Tokenizer = {
  encode,
  decode,
  specialTokens: [],
  encodeWithSpecial: encode,
  countBytes: (ids) => 3 * ids.length,
  stream: () => new StreamDecoder(decode),
};
const jinja = new TextEncoder().encode(`{% for m in messages %}{{ m.content }}${decode([7, 8])}{% endfor %}`);
const template = createChatTemplate({ jinja })!;
const BLOCK = 4;

/** A random network on the CPU; `computed` are the rows of each of its clean passes. */
async function openWriter(grid: 'start' | 'prompt') {
  const shape = { hidden_size: 24, intermediate_size: 24, num_hidden_layers: 2, num_attention_heads: 2 };
  const config = {
    ...describeModel(
      {
        model_type: 'llama',
        vocab_size: 400,
        max_position_embeddings: 512,
        ...shape,
        block_diffusion: { mask_token_id: 399, block_size: BLOCK, block_sizes: [1, BLOCK] },
      },
      { ...NO_FACTS, tiedHead: true },
    ),
    grid,
  };
  const own = await openWasmBackend(config, readWeights(randomModel(config, packed('f32'), 3)), f32Everywhere);
  const computed: number[] = [];
  const backend: Backend = Object.create(own, {
    name: { value: own.name },
    config: { value: config },
    position: { get: () => own.position },
    begin: { value: own.begin.bind(own) },
    logits: { value: own.logits.bind(own) },
    writeBlocks: { value: own.writeBlocks.bind(own) },
    prefill: {
      value: (ids: readonly number[]) => {
        computed.push(ids.length);
        return own.prefill(ids);
      },
    },
  });
  return { writer: { backend, tokenizer, template, report: 'reveals' as const, seconds: () => 0 }, computed };
}

type Writer = Awaited<ReturnType<typeof openWriter>>['writer'];

async function news(writer: Writer, change: Partial<GenerateSettings>): Promise<GenerationEvent[]> {
  const settings: GenerateSettings = { ...SETTINGS, prompt: '', blockSize: BLOCK, maxTokens: 14, ...change };
  const all: GenerationEvent[] = [];
  for await (const each of writeText(writer, () => settings, new AbortController().signal)) all.push(each);
  return all;
}

async function answer(writer: Writer, messages: readonly ChatTurn[]) {
  const all = await news(writer, { messages });
  const given = all.find((each) => each.type === 'started')!.pinned.length;
  return all.flatMap((each) => (each.type === 'block' ? each.tokens : [])).slice(given);
}

const QUESTIONS = [11, 5, 30].map((length, start) => decode(Array.from({ length }, (_, at) => start * 40 + at)));

test.each(['start', 'prompt'] as const)(
  'a turn computes no more than what is new, on a grid of the %s',
  async (grid) => {
    const { writer, computed } = await openWriter(grid);
    let messages: ChatTurn[] = [];
    let before: number[] = [];
    for (const content of QUESTIONS) {
      messages = [...messages, { role: 'user', content }];
      const { ids } = openingOf({ prompt: '', messages, after: [] }, writer);
      const same = ids.findIndex((id, index) => id !== before[index]);
      const isNew = ids.length - (same === -1 ? ids.length : same);
      computed.length = 0;
      const said = await answer(writer, messages);
      const rows = computed.reduce((sum, count) => sum + count, 0);
      // The last block of an answer has no clean pass until something follows it.
      expect(rows).toBeLessThan(isNew + 2 * BLOCK);
      expect(isNew).toBeLessThanOrEqual(content.length + 4);
      messages = [...messages, { role: 'assistant', content: said.map(({ text }) => text).join('') }];
      before = [...(ids as number[]), ...said.map(({ id }) => id)];
    }
  },
);

test('on a grid that ends with the prompt an edited block keeps its place, and its tokens the alternatives they had', async () => {
  const { writer } = await openWriter('prompt');
  const messages: ChatTurn[] = [{ role: 'user', content: QUESTIONS[0]! }];
  const { ids, anchor } = openingOf({ prompt: '', messages, after: [] }, writer);
  expect(anchor).toBe(ids.length);
  expect(anchor % BLOCK).not.toBe(0);
  const all = await news(writer, { messages });
  const blocks = all.flatMap((each) => (each.type === 'block' ? [each.tokens.map(({ id }) => id)] : []));
  const { reveal } = all.find((each) => each.type === 'step' && each.block === 1 && each.step === 0) as Extract<
    GenerationEvent,
    { type: 'step' }
  >;
  const place = { prompt: '', messages, after: blocks[0]!, draft: Array<null>(BLOCK).fill(null) };
  const found = await alternativesAt(writer, { ...place, offset: reveal[0]!.position }, new AbortController().signal);
  const chosen = found.find(({ id }) => id === reveal[0]!.id);
  expect(chosen?.probability ?? reveal[0]!.probability).toBeCloseTo(reveal[0]!.probability, 4);
  expect(found[0]!.probability).toBeGreaterThanOrEqual(reveal[0]!.probability - 1e-4);

  const [kept, open] = [blocks[1]![0]!, [blocks[1]![1]!, null, blocks[1]![3]!]];
  const edited = await news(writer, { messages, after: [...blocks[0]!, kept, ...open], maxTokens: 0 });
  const pinned = edited.find((each) => each.type === 'started')!.pinned;
  expect(pinned.map((token) => token?.id ?? null)).toEqual([kept, ...open]);
});
