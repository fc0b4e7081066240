/**
 * Records how four reveal policies write one block of the embedded model, for the figure in "How it works":
 *
 *   node scripts/run.mjs scripts/record-policies.ts
 *
 * The text before the block is what the command line writes with seed 1 (see src/ui/how/recorded-block.ts). Every
 * policy then has the same block before it, and takes the likeliest token wherever it uncovers one.
 */
import { writeFileSync } from 'node:fs';
import type { Backend, BlockwisePolicy, Draw } from '../src/backends/backend';
import { type BlockVerbs, writeBlockwise } from '../src/backends/block-loop';
import { createBackend } from '../src/backends/choose-backend';
import { generate } from '../src/engine/generate';
import { prefillWhole } from '../src/engine/prefill';
import { openModelFolder, openTokenizer } from '../src/library/model-folder';
import type { Tokenizer } from '../src/tokenizer/tokenizer';

const OUT = 'src/ui/how/recorded-policies.json';
const PROMPT = "Children's tale: The Lost Kite\n\n";
const BLOCK_SIZE = 16;
const BLOCKS_BEFORE = 2;
const SEED = 1;
const POLICIES: readonly BlockwisePolicy[] = [
  { name: 'first-hitting' },
  { name: 'confidence', steps: 8 },
  { name: 'threshold', threshold: 0.4 },
  { name: 'entropy', entropyBound: 1 },
];
const NEVER = new AbortController().signal;

const source = await openModelFolder('public/models/stories');
const tokenizer = (await openTokenizer(source))!;
const backend = await createBackend(source, 'wasm', undefined);
const before = await textBefore(backend, tokenizer);
const runs = [];
for (const policy of POLICIES) runs.push(await record(policy));
writeFileSync(OUT, `${JSON.stringify({ seed: SEED, before: storyOf(before), position: before.length, runs })}\n`);
backend.dispose();

/** The ids of the prompt and of the blocks before. */
async function textBefore(backend: Backend, { encode }: Tokenizer): Promise<number[]> {
  const { bosId } = source.config;
  const promptIds = [...(bosId === null ? [] : [bosId]), ...encode(PROMPT)];
  const sampling = { temperature: 0.8, topP: 0.95, seed: SEED };
  const request = {
    promptIds,
    blockSize: BLOCK_SIZE,
    maxTokens: 64,
    policy: { name: 'first-hitting' },
    sampling,
  } as const;
  const ids = promptIds.slice(0, promptIds.length - (promptIds.length % BLOCK_SIZE));
  for await (const event of generate(backend, request, NEVER)) {
    if (event.type === 'block' && event.block < BLOCKS_BEFORE) ids.push(...event.ids);
  }
  return ids;
}

/** One block by a policy: what the network predicted in each pass, and which places were uncovered. */
async function record(policy: BlockwisePolicy) {
  backend.begin(BLOCK_SIZE, before);
  const nfe = await prefillWhole(backend, before, BLOCK_SIZE, NEVER);
  const asked: Draw[][] = [];
  const verbs: BlockVerbs = {
    config: backend.config,
    position: backend.position,
    denoiseStep: async (step) => {
      const predictions = (await backend.denoiseStep(step)).map(rounded);
      asked.push(predictions);
      return predictions;
    },
    commitBlock: (ids) => backend.commitBlock(ids),
  };
  const first = Array.from({ length: BLOCK_SIZE }, () => backend.config.maskId);
  const sampling = { temperature: 0, topP: 1, seed: SEED };
  const tokens = [...first];
  const passes: { predictions: number[][]; reveal: number[] }[] = [];
  for await (const { reveal } of writeBlockwise(verbs, { first, blocks: 1, policy, sampling, nfe }, NEVER)) {
    for (const { position, id } of reveal) tokens[position] = id;
    const predictions = asked[passes.length]!.map((each) => [each.position, each.probability, each.entropy]);
    passes.push({ predictions, reveal: reveal.map(({ position }) => position) });
  }
  return { policy, tokens: tokenizer.stream().push(tokens), passes };
}

/** So that the recording is what the policy saw. */
function rounded(prediction: Draw): Draw {
  const [probability, entropy] = [prediction.probability, prediction.entropy].map((value) => Number(value.toFixed(4)));
  return { ...prediction, probability: probability!, entropy: entropy! };
}

function storyOf(ids: readonly number[]): string {
  return tokenizer
    .decode([...ids])
    .split('\n\n')
    .slice(1)
    .join('\n\n');
}
