import { openModel } from 'unmask/node';

const prompt = process.argv[2] ?? 'Once upon a time';
const model = await openModel();

process.stdout.write(prompt);
for await (const event of model.generate(prompt, { maxTokens: 80, ending: 'sentence', seed: 1 })) {
  if (event.type === 'block') process.stdout.write(event.text);
}

const { sizes } = await model.score(' there lived a fox.', { before: prompt, blockSizes: [1, 8] });
for (const { blockSize, perplexity } of sizes) {
  process.stdout.write(`\n\nblock size ${blockSize}: perplexity ${perplexity.toFixed(1)}`);
}
process.stdout.write('\n');
model.dispose();
