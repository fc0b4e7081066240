import { type BackendChoice, POLICY_NAMES, type PolicyName, type TokenIds, type WritingOptions } from '../library/node';
import { readBackend } from './backend-choice';
import { FLAG, parseCommandLine, readNumber, TEXT, UsageError } from './command';

export const GENERATE_HELP = `Writes text with a model.

  npx unmask <prompt> [options]                  where the package is installed
  npm run -s generate -- <prompt> [options]      in a clone

  <prompt>              used as it is, after BOS if the model has one; also --prompt <text>
  --model <folder>      a model folder, as \`npm run export\` writes it, the URL of one, or the name of one that comes
                        with the page (default: stories)
  --chat                the prompt is a user's turn, in the model's chat template; prints the answer
  --prompt-ids <ids>    used exactly as given, without BOS; "" is an empty prompt
  --block-size <n>      one the model was trained on (default: the model's own)
  --max-tokens <n>      tokens to write after the prompt (default: 128)
  --finish-sentence     go on after these to the end of a sentence, for at most 32 tokens more
  --policy <name>       ${POLICY_NAMES.join(', ')} (default: the model's own)
  --steps <n>           per block, for ancestral and confidence (default: the block size)
  --threshold <x>       for threshold: reveal what is likelier than this (default: the model's own)
  --entropy-bound <x>   for entropy: nats that a pass reveals at most, its last token not counted (default: 0.5)
  --sub-block-size <n>  reveal so many positions of a block at a time, from left to right (default: the model's own)
  --temperature <x>     0 is arg-max (default: 0.8)
  --top-p <x>           nucleus; 1 is all (default: 0.95)
  --seed <n>            0 to 4294967295; the same seed gives the same text (default: drawn)
  --context <n>         tokens that one sees at most; fewer take less memory (default: 2048, or what the text
                        takes, as far as the model can)
  --backend <name>      webgpu or wasm (default: webgpu if there is a GPU, otherwise wasm)
  --json                print one object instead of the text
  --help                print this

--json prints prompt_ids, ids (prompt and generated; a stop id that ended them is the last), answer_ids (generated,
without it), text (of ids; null for a model without tokenizer), answer (text of answer_ids),
block_size, steps (per pass: block, step, and reveal: [position in block, id, probability] in order), nfe
(forward passes), backend, adapter, dtype, seed and seconds (of writing, without loading).
`;

export interface GenerateOptions {
  /** Path of the model folder, a URL of one, or the name of one that comes with the page. Undefined: stories. */
  readonly model: string | undefined;
  readonly prompt: string | TokenIds;
  /** The prompt is a user's turn. */
  readonly chat: boolean;
  /** What is left out is the model's own, or the usual. */
  readonly settings: WritingOptions;
  /** Undefined: the model's. */
  readonly context: number | undefined;
  readonly backend: BackendChoice;
  readonly json: boolean;
}

const OPTIONS = {
  model: TEXT,
  prompt: TEXT,
  'prompt-ids': TEXT,
  chat: FLAG,
  'block-size': TEXT,
  'max-tokens': TEXT,
  'finish-sentence': FLAG,
  policy: TEXT,
  steps: TEXT,
  threshold: TEXT,
  'entropy-bound': TEXT,
  'sub-block-size': TEXT,
  temperature: TEXT,
  'top-p': TEXT,
  seed: TEXT,
  context: TEXT,
  backend: TEXT,
  json: FLAG,
  help: FLAG,
} as const;

/** Reads a command line, or returns `help` if it asks for that. Throws UsageError. */
export function readGenerateOptions(args: readonly string[]): GenerateOptions | 'help' {
  const { values, prompt } = readWords(args);
  if (values.help) return 'help';
  const number = (name: NumberOption) => readNumber(name, values[name]);
  return {
    model: values.model,
    prompt: readPrompt(prompt, values['prompt-ids']),
    chat: readChat(values.chat, prompt),
    settings: {
      blockSize: number('block-size'),
      maxTokens: number('max-tokens'),
      ending: values['finish-sentence'] ? 'sentence' : 'length',
      policy: readPolicy(values.policy),
      steps: number('steps'),
      threshold: number('threshold'),
      subBlockSize: number('sub-block-size'),
      entropyBound: number('entropy-bound'),
      temperature: number('temperature'),
      topP: number('top-p'),
      seed: number('seed'),
    },
    context: number('context'),
    backend: readBackend(values.backend),
    json: values.json ?? false,
  };
}

/** The options, and the prompt, which may stand alone. Throws UsageError. */
function readWords(args: readonly string[]) {
  const config = { args: [...args], options: OPTIONS, strict: true, allowPositionals: true } as const;
  const { values, positionals } = parseCommandLine(config);
  const [word, more] = positionals;
  if (more !== undefined) throw new UsageError(`Put the prompt in quotes: "${more}" stands alone.`);
  if (word !== undefined && values.prompt !== undefined) throw new UsageError('Give the prompt once.');
  return { values, prompt: values.prompt ?? word };
}

type NumberOption =
  | 'block-size'
  | 'max-tokens'
  | 'steps'
  | 'threshold'
  | 'entropy-bound'
  | 'sub-block-size'
  | 'temperature'
  | 'top-p'
  | 'seed'
  | 'context';

function readPolicy(name: string | undefined): PolicyName | undefined {
  const policy = POLICY_NAMES.find((known) => known === name);
  if (name === undefined || policy) return policy;
  throw new UsageError(`--policy must be one of ${POLICY_NAMES.join(', ')}, not "${name}".`);
}

function readChat(chat = false, prompt: string | undefined): boolean {
  if (chat && prompt === undefined) throw new UsageError('--chat needs the words of a prompt.');
  return chat;
}

function readPrompt(text: string | undefined, idList: string | undefined): GenerateOptions['prompt'] {
  if ((text === undefined) === (idList === undefined)) {
    throw new UsageError('Give a prompt, in words or with --prompt-ids.');
  }
  if (text !== undefined) return text;
  const ids = idList!.trim() === '' ? [] : idList!.split(',');
  const wrong = ids.find((id) => !/^\s*\d+\s*$/.test(id));
  if (wrong !== undefined) {
    throw new UsageError(
      `--prompt-ids must be whole numbers with commas between them, not "${wrong.trim() === '' ? idList : wrong}".`,
    );
  }
  return { ids: ids.map(Number) };
}
