import { spawn } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TemporaryFolders } from '../temporary-folders';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface CommandResult {
  readonly status: number | null;
  readonly out: string;
  readonly error: string;
}

/** Sees what a command has written so far, to stdout or stderr, and may press Ctrl-C. */
export type Listener = (written: string, interrupt: () => void) => void;

/** Runs one of our command lines as a person would. */
export function runCommand(
  entry: string,
  args: readonly string[],
  {
    onOutput = () => {},
    onError = () => {},
    cwd = ROOT,
    env = {},
  }: {
    readonly onOutput?: Listener;
    readonly onError?: Listener;
    /** Where the person stands. */
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, 'scripts/run.mjs'), entry, ...args], {
      cwd,
      env: { ...process.env, ...env },
    });
    let out = '';
    let error = '';
    const interrupt = () => child.kill('SIGINT');
    child.stdout.setEncoding('utf8').on('data', (data: string) => {
      out += data;
      onOutput(out, interrupt);
    });
    child.stderr.setEncoding('utf8').on('data', (data: string) => {
      error += data;
      onError(error, interrupt);
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, out, error }));
  });
}

/** Id 1 … 94 are the printable characters of ASCII but the space, 95 the space, 96 a new line. */
const CHARACTERS = [...Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index)), 'Ġ', 'Ċ'];
export const EOS = 0;
export const MASK = 97;
export const idsOf = (text: string): number[] =>
  [...text.replaceAll(' ', 'Ġ').replaceAll('\n', 'Ċ')].map((character) => CHARACTERS.indexOf(character) + 1);

const added = (id: number, content: string) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

/** A byte-level tokenizer without merges for the 98 ids of `bd3lm-tiny`. */
const TOKENIZER = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [added(EOS, '<|endoftext|>'), added(MASK, '<|mask|>')],
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
  post_processor: null,
  decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
  model: {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    vocab: Object.fromEntries(['<|endoftext|>', ...CHARACTERS, '<|mask|>'].map((token, id) => [token, id])),
    merges: [],
  },
};
const TOKENIZER_CONFIG = {
  tokenizer_class: 'PreTrainedTokenizerFast',
  bos_token: '<|endoftext|>',
  eos_token: '<|endoftext|>',
  mask_token: '<|mask|>',
  clean_up_tokenization_spaces: false,
};

/** Folders with models for the command line, to be removed at a test file's end. */
export class TestFolders extends TemporaryFolders {
  /** `bd3lm-tiny`, exported without a tokenizer: it runs on ids alone. */
  async plainModel(): Promise<string> {
    return this.#export(join(ROOT, 'tests/fixtures/bd3lm-tiny'));
  }

  /** `bd3lm-tiny` as a model of characters; `change` replaces fields of its checkpoint's config.json. */
  async textModel(change: object = {}, tokenizerChange: object = {}): Promise<string> {
    const checkpoint = await this.make();
    await cp(join(ROOT, 'tests/fixtures/bd3lm-tiny'), checkpoint, { recursive: true });
    const config = JSON.parse(await readFile(join(checkpoint, 'config.json'), 'utf8'));
    await writeFile(join(checkpoint, 'config.json'), JSON.stringify({ ...config, ...change }));
    await writeFile(join(checkpoint, 'tokenizer.json'), JSON.stringify(TOKENIZER));
    await writeFile(
      join(checkpoint, 'tokenizer_config.json'),
      JSON.stringify({ ...TOKENIZER_CONFIG, ...tokenizerChange }),
    );
    return this.#export(checkpoint);
  }

  async #export(checkpoint: string): Promise<string> {
    const folder = await this.make();
    const { status, error } = await runCommand('export/export.ts', [checkpoint, folder, '--dtype', 'f32']);
    if (status !== 0) throw new Error(`The export failed: ${error}`);
    return folder;
  }
}
