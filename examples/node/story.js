import { openModel } from 'unmask/node';

const prompt = process.argv[2] ?? 'Once upon a time';
const model = await openModel();

process.stdout.write(prompt);
for await (const event of model.generate(prompt, { maxTokens: 80, ending: 'sentence', seed: 1 })) {
  if (event.type === 'block') process.stdout.write(event.text);
}

const { sizes } = await model.score('The cat sat on the mat.', { before: 'Once upon a time' });
for (const { blockSize, perplexity } of sizes) {
  console.log(`\nblock size ${blockSize}: perplexity ${perplexity.toFixed(1)}`);
}
model.dispose();
