/** The words of the field that the page uses, in the order of the alphabet. */
export const TERMS = {
  attention: {
    name: 'Attention',
    text: 'How tokens look at each other inside the network to work out what they mean here.',
  },
  autoregression: {
    name: 'Autoregression',
    text: 'Writing one token after another, from left to right, as most language models do. It is block diffusion with blocks of one token.',
  },
  'bits-a-byte': {
    name: 'Bits per byte',
    text: 'How well a model predicts a text, per byte of it, so that models with different tokens can be compared. Lower is better.',
  },
  block: {
    name: 'Block',
    text: 'A run of tokens that come out of noise together. Once all are known the block stays as it is, and the next one begins.',
  },
  'block-size': {
    name: 'Block size',
    text: 'How many tokens a block has. Larger blocks leave more freedom of order and can take fewer passes; smaller ones read better.',
  },
  bound: {
    name: 'Bound',
    text: 'A value that the true one cannot exceed. For blocks of more than one token the likelihood of a text is only known to be at least this good.',
  },
  'denoise-step': {
    name: 'Denoise step',
    text: 'One run of the network over the block as it stands, after which some of its masks become tokens.',
  },
  entropy: {
    name: 'Entropy',
    text: 'How undecided the model is about a token: 0 where it is certain, and higher the more tokens are about equally likely. Measured in nats.',
  },
  'kv-cache': {
    name: 'KV cache',
    text: 'What later tokens need to know about the finished blocks, their keys and values, stored so that it is computed only once.',
  },
  mask: {
    name: 'Mask',
    text: 'The place of a token that is not known yet. The page draws it as a strip of noise.',
  },
  nat: {
    name: 'Nat',
    text: 'A unit of information, as the bit is: 1 nat is about 1.44 bits. An event of probability p carries −ln p nats.',
  },
  'noise-schedule': {
    name: 'Noise schedule',
    text: 'How much of a block is masked in training and in measuring: any share under the linear schedule, a share within limits under a clipped one.',
  },
  nucleus: {
    name: 'Nucleus, top-p',
    text: 'The likeliest tokens that together reach a share p of the probability. Only these are drawn from, so very unlikely ones never appear.',
  },
  pass: {
    name: 'Pass',
    text: 'One run of the whole network. It takes about the same time for one token as for a block on a GPU, so fewer passes are faster there.',
  },
  perplexity: {
    name: 'Perplexity',
    text: 'How many equally likely tokens the model hesitates between, on average. Lower is better.',
  },
  policy: {
    name: 'Policy',
    text: 'The rule that decides which of the guesses of a pass stay: the surest ones, those above a threshold, or random ones.',
  },
  probability: {
    name: 'Probability',
    text: 'How likely the model thought a token was at its place when it chose it, between 0 and 100 %.',
  },
  seed: {
    name: 'Seed',
    text: 'The number that all random choices come from. The same seed with the same settings and model writes the same text.',
  },
  surprisal: {
    name: 'Surprisal',
    text: 'How little the model expected a token: −log₂ of the probability it gave it, in bits. 1 bit is a coin toss, 10 bits about one in a thousand.',
  },
  temperature: {
    name: 'Temperature',
    text: 'How much is left to chance. At 0 the likeliest token is always taken; higher values let unlikely ones through.',
  },
  threshold: {
    name: 'Threshold',
    text: 'The probability above which a token is uncovered at once. Below it a token waits for a later step.',
  },
  token: {
    name: 'Token',
    text: 'What a model reads and writes: a word, a part of a word or a punctuation mark. A word has about 1.3 of them.',
  },
} as const;

export type TermId = keyof typeof TERMS;
