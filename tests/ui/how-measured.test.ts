import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ORIGIN, PACED_SAMPLES, PERPLEXITY_BY_BLOCK_SIZE } from '../../src/ui/how/measured';

const report = readFileSync('training/REPORT.md', 'utf8');
const card = readFileSync('public/models/stories/README.md', 'utf8');
const manifest: { parameters: number } = JSON.parse(readFileSync('public/models/stories/manifest.json', 'utf8'));

/** The rows of the table in the report between two comments, without heading and rule. */
function tableOf(name: string): string[][] {
  const table = report.split(`<!-- ${name} -->`)[1]?.split('<!-- end -->')[0] ?? '';
  const rows = table.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test('perplexities by block size are those of the report', () => {
  const rows = tableOf('likelihood').map(([blockSize, , , perplexity, over]) => ({
    blockSize: Number(blockSize),
    perplexity: Number(perplexity),
    over: Number.parseInt(over || '0', 10),
  }));
  expect(rows).toEqual(PERPLEXITY_BY_BLOCK_SIZE);
});

test('what the samples cost is what the report says', () => {
  for (const { steps, passesPerToken, perplexity } of PACED_SAMPLES) {
    const row = tableOf('quality').find(
      ([policy, pace, blockSize]) => policy === 'confidence' && pace === `${steps} steps` && blockSize === '16',
    );
    expect(row?.slice(3, 5).map(Number)).toEqual([passesPerToken, perplexity]);
  }
});

test('the samples are what the model wrote', () => {
  const log = readFileSync('training/logs/quality.jsonl', 'utf8').trim().split('\n');
  const texts = log
    .map((line): { policy: string; block_size: number; steps?: number; seed: number; text: string } => JSON.parse(line))
    .filter(({ policy, block_size, seed }) => policy === 'confidence' && block_size === 16 && seed === 1);
  for (const { steps, text } of PACED_SAMPLES) {
    expect(texts.find((written) => written.steps === steps)?.text.startsWith(text)).toBe(true);
  }
});

test('where the model comes from is what its card says', () => {
  expect(ORIGIN.parameters).toBe(`${(manifest.parameters / 1e6).toFixed(1)} million`);
  const { steps, tokens, share, hours } = ORIGIN;
  expect(card).toContain(`${steps} steps`);
  expect(card).toContain(`${tokens} tokens, ${share} of the stories once, in about ${hours}`);
  for (const { licence, documents, href } of ORIGIN.sources) {
    expect(card).toContain(href);
    expect(card).toContain(`${licence} | ${documents.toLocaleString('en')} |`);
  }
  expect(ORIGIN.sources.reduce((sum, { documents }) => sum + documents, 0)).toBe(ORIGIN.documents);
  expect(report).toContain(`${ORIGIN.documents.toLocaleString('en')} training stories`);
});
