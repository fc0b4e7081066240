import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTrace, TRACES } from '../engine/greedy-traces';
import { EOS, idsOf, type Listener, runCommand, TestFolders } from './run-command';

const ENTRY = 'src/cli/generate.ts';
const folders = new TestFolders();
let plain: string;
let text: string;
beforeAll(async () => {
  plain = await folders.plainModel();
  text = await folders.textModel();
});
afterAll(() => folders.remove());

const run = (model: string, args: string) => runCommand(ENTRY, ['--model', model, ...args.split(' ')]);

describe.each(['webgpu', 'wasm'])('on %s', (backend) => {
  // Starting a GPU takes seconds; tests/engine has both traces on both backends.
  it.each(backend === 'wasm' ? TRACES : TRACES.slice(0, 1))(
    '--json gives the ids of $file',
    async ({ file, steps }) => {
      const trace = readTrace(file);
      const maxTokens = trace.final_ids.length - trace.prompt_ids.length;
      const settings = `--policy confidence --temperature 0 --steps ${steps} --max-tokens ${maxTokens} --seed 5`;
      const { status, out, error } = await run(
        plain,
        `--prompt-ids ${trace.prompt_ids} ${settings} --json --backend ${backend}`,
      );
      expect(error).toBe('');
      expect(status).toBe(0);
      const told = JSON.parse(out);
      expect(told).toMatchObject({
        prompt_ids: trace.prompt_ids,
        ids: trace.final_ids,
        text: null,
        block_size: 4,
        nfe: 1 + trace.steps.length + maxTokens / 4 - 1,
        backend,
        adapter: expect.stringMatching(/./),
        dtype: 'f32',
        seed: 5,
        seconds: expect.any(Number),
      });
      expect(told.steps).toHaveLength(trace.steps.length);
      for (const [index, step] of trace.steps.entries()) {
        const { block, reveal } = told.steps[index];
        expect(block).toBe(step.block - trace.prompt_ids.length / 4);
        for (const [rank, [position, id, probability]] of step.reveal.entries()) {
          expect(reveal[rank]).toEqual([position, id, expect.closeTo(probability, 3)]);
        }
      }
    },
  );

  it('text streams to stdout, the prompt first, and a summary goes to stderr', async () => {
    const args = ['--model', text, '--prompt', 'Once <|mask|>\n', '--max-tokens', '21', '--seed', '1'];
    const { status, out, error } = await runCommand(ENTRY, [...args, '--backend', backend]);
    expect(status).toBe(0);
    expect(out.startsWith('Once <|mask|>\n')).toBe(true);
    expect(error).toMatch(new RegExp(`^\\d+ tokens in .+ passes, ${backend} on .+, seed 1\n$`));
    const json = JSON.parse((await runCommand(ENTRY, [...args, '--backend', backend, '--json'])).out);
    expect(json.prompt_ids).toEqual([EOS, ...idsOf('Once <|mask|>\n')]);
    expect(`${json.text}\n`).toBe(out);
  });
});

it('writes ids where there is no tokenizer', async () => {
  const { out } = await run(plain, '--prompt-ids 1,2,3,4,5 --max-tokens 5 --temperature 0 --backend wasm');
  expect(out).toMatch(/^1,2,3,4,5(,\d+){5}\n$/);
});

it('ids are taken as they are, without BOS, and may be none', async () => {
  const { out } = await runCommand(
    ENTRY,
    ['--model', text, '--prompt-ids', '', '--max-tokens', '3', '--json', '--seed', '0'],
    // No backend named: whichever this machine gets.
  );
  expect(JSON.parse(out)).toMatchObject({ prompt_ids: [], seed: 0 });
});

it('draws a seed and tells it', async () => {
  const args = '--prompt-ids 1 --max-tokens 24 --backend wasm --json --temperature 1.5';
  const first = JSON.parse((await run(plain, args)).out);
  const again = JSON.parse((await run(plain, `${args} --seed ${first.seed}`)).out);
  expect(again.ids).toEqual(first.ids);
  const other = JSON.parse((await run(plain, args)).out);
  expect(other.seed).not.toBe(first.seed);
  expect(other.ids).not.toEqual(first.ids);
});

it('Ctrl-C ends it with what was written', async () => {
  const args = ['--model', plain, '--prompt-ids', '1,2,3,4,5', '--max-tokens', '1000000', '--backend', 'wasm'];
  let interrupted = false;
  const onOutput: Listener = (written, interrupt) => {
    if (interrupted || written.length <= 30) return;
    interrupted = true;
    // Twice, as under npm.
    interrupt();
    interrupt();
  };
  const { status, out, error } = await runCommand(ENTRY, args, { onOutput });
  expect(status).toBe(130);
  expect(out).toMatch(/^1,2,3,4,5(,\d+)+\n$/);
  expect(out.length).toBeLessThan(100_000);
  expect(error).toMatch(/, stopped\n$/);
});

describe('says in one sentence what is wrong', () => {
  it.each([
    ['usage', () => [], 2, /^Give a prompt, in words or with --prompt-ids\. See --help\.\n$/],
    ['no folder', () => ['--model', join(plain, 'nothing'), '--prompt-ids', '1'], 1, /^.*nothing.*\n$/],
    [
      'no tokenizer',
      () => ['--model', plain, '--prompt', 'x'],
      2,
      /^This model has no tokenizer .* --prompt-ids\. See --help\.\n$/,
    ],
    [
      'a block size',
      () => ['--model', plain, '--prompt-ids', '1', '--block-size', '5'],
      2,
      /^.*Choose 4\. See --help\.\n$/,
    ],
    ['a policy', () => ['--model', plain, '--prompt-ids', '1', '--policy', 'best'], 2, /^--policy must be .*\n$/],
    [
      'a length',
      () => ['--model', plain, '--prompt-ids', '1', '--max-tokens', '-5'],
      2,
      /^.* of 1 or more, not -5\. See --help\.\n$/,
    ],
    [
      'a context',
      () => ['--model', plain, '--prompt-ids', '1', '--context', '3'],
      2,
      /^The context .* 4 or more, not 3\. See --help\.\n$/,
    ],
    ['an id', () => ['--model', plain, '--prompt-ids', '98'], 2, /^The prompt has id 98.*\n$/],
  ])('%s', async (_, args, status, message) => {
    expect(await runCommand(ENTRY, args())).toEqual({ status, out: '', error: expect.stringMatching(message) });
  });

  it('a damaged folder', async () => {
    const folder = await folders.make();
    await writeFile(join(folder, 'manifest.json'), '{"formatVersion": 99}');
    const { status, error } = await runCommand(ENTRY, ['--model', folder, '--prompt-ids', '1']);
    expect(status).toBe(1);
    expect(error).toMatch(
      /^manifest\.json: formatVersion is 99, and this Unmask reads .* Export the model again .*\.\n$/,
    );
  });

  it('prints its help', async () => {
    const { status, out } = await runCommand(ENTRY, ['--help']);
    expect(status).toBe(0);
    expect(out).toContain('--prompt-ids <ids>');
  });
});

describe('started in another folder', () => {
  const args = (model: string) => ['--model', model, '--prompt-ids', '1', '--max-tokens', '1', '--backend', 'wasm'];

  it('takes paths from there', async () => {
    const { status, error } = await runCommand(ENTRY, args(basename(plain)), { cwd: dirname(plain) });
    expect(error).toMatch(/^1 token in .+, \d+ passes, wasm/);
    expect(status).toBe(0);
  });

  it('by npm, which goes to its package, takes paths from where the person stands', async () => {
    const env = { INIT_CWD: dirname(plain), npm_lifecycle_script: `node scripts/run.mjs ${ENTRY}` };
    const { status } = await runCommand(ENTRY, args(basename(plain)), { env });
    expect(status).toBe(0);
  });
});

describe.runIf(existsSync('/dev/full'))('what stdout does not take', () => {
  const shell = async (line: string): Promise<{ status: number | null; error: string }> => {
    const args = `--model "${plain}" --prompt-ids 1 --max-tokens 40 --seed 1 --backend wasm`;
    const command = `"${process.execPath}" scripts/run.mjs ${ENTRY} ${args}`;
    const child = spawn('bash', ['-c', `set -o pipefail; ${command} ${line}`]);
    let error = '';
    child.stderr.setEncoding('utf8').on('data', (data: string) => {
      error += data;
    });
    return { status: await new Promise((resolve) => child.on('close', resolve)), error };
  };

  it('is told in one sentence on a full disk', async () => {
    const error = expect.stringMatching(/^The result cannot be written to standard output: ENOSPC[^\n]*\.\n$/);
    expect(await shell('> /dev/full')).toEqual({ status: 1, error });
  });

  it('is not told to a reader that has gone', async () => {
    expect(await shell('| head -c 0')).toEqual({ status: 0, error: '' });
  });
});
