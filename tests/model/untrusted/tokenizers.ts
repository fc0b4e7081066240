import { type Corruption, changeJson, type Folder, type Json, numbers } from './folder';

/** Regular expressions that take time without end over some text, or memory, or are just not known. */
const HOSTILE = [
  '(a+)+$',
  '(x+x+)+y',
  '(.*)*,',
  '([a-zA-Z]+)*$',
  '(a|aa)+$',
  '(a|a?)+$',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  '(?:\\s+)+x',
  '\\p{L}{1,1000000}{1,1000000}',
  '(((((((((a{100}){100}){100}){100}){100}))))))',
  '(?<=(a+)+)b',
  '\\s*\\s*\\s*\\s*x',
  '[',
  '(',
  '',
  '.',
  ' ?\\p{L}+',
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|(\\s+)+",
];

const WRONG_PARTS = [true, 5, 'ByteLevel', [], {}, { type: null }, { type: 'constructor' }, { type: '__proto__' }];
const WRONG_FLAGS = [5, 'no', [], {}];

/** Vocabularies, merges, added tokens and steps that are not those of a tokenizer, or would do harm. */
export function wrongTokenizers({ files }: Folder): Corruption[] {
  const text = new TextDecoder().decode(files.get('tokenizer.json'));
  const { model, added_tokens: added } = JSON.parse(text);
  const tokens = Object.keys(model.vocab);
  const random = numbers(7);
  const corruptions: Corruption[] = [];
  const edit = (name: string, change: (json: Json) => Json | undefined, path = 'tokenizer.json') => {
    corruptions.push({ name: `tokenizer: ${name}`, sums: 'set right', corrupt: changeJson(path, change) });
  };
  const part = (part: string, value: unknown, name: string) => edit(name, (json) => ({ ...json, [part]: value }));

  for (let count = 0; count < 40; count++) {
    const [one, other] = [tokens[random(tokens.length)]!, tokens[random(tokens.length)]!];
    if (one !== other)
      edit(`${one} has the id of ${other}`, ({ model }) => {
        model.vocab[one] = model.vocab[other];
      });
    const at = random(model.merges.length);
    edit(`merge ${at} makes nothing`, ({ model }) => {
      model.merges[at] = [one, `${other}${one}${one}`];
    });
    edit(`merge ${at} is of one token`, ({ model }) => {
      model.merges[at] = [one];
    });
  }
  for (const id of [-1, 0.5, 400, 2 ** 31, 2 ** 53, 1e308, '5', null, [], {}, true]) {
    edit(`an id is ${JSON.stringify(id)}`, ({ model }) => {
      model.vocab[tokens[9]!] = id;
    });
    edit(`an added id is ${JSON.stringify(id)}`, ({ added_tokens }) => {
      added_tokens[2].id = id;
    });
  }
  for (const [name, vocab] of Object.entries({ null: null, text: 'abc', list: tokens, number: 5 })) {
    edit(`the vocabulary is a ${name}`, ({ model }) => {
      model.vocab = vocab;
    });
  }
  edit('a token of 100,000 characters', ({ model }) => {
    model.vocab = { ...model.vocab, ['x'.repeat(1e5)]: 399 };
  });
  edit('200,000 tokens', ({ model }) => {
    model.vocab = Object.fromEntries(Array.from({ length: 2e5 }, (_, id) => [`t${id}`, id]));
  });
  for (const merges of [null, 5, 'a b', {}, [5], [null], [[]], ['a'], ['a b c'], [['a', 'b', 'c']], [[1, 2]], [{}]]) {
    edit(`merges are ${JSON.stringify(merges)}`, ({ model }) => {
      model.merges = merges;
    });
  }
  edit('a hundred thousand merges', ({ model }) => {
    model.merges = Array(1e5).fill(model.merges[0]);
  });
  for (const type of [null, 'WordPiece', 'Unigram', 'WordLevel', 'Oracle', '__proto__', 5]) {
    edit(`the model is of type ${type}`, ({ model }) => {
      model.type = type;
    });
  }
  for (const field of ['continuing_subword_prefix', 'continuing_subword_suffix', 'end_of_word_suffix']) {
    for (const value of ['##', 'x'.repeat(1e5), 5, {}])
      edit(`${field} is given`, ({ model }) => {
        model[field] = value;
      });
  }
  for (const value of ['nowhere', 5, {}, []])
    edit('unk_token', ({ model }) => {
      model.unk_token = value;
    });
  for (const field of ['fuse_unk', 'byte_fallback', 'ignore_merges']) {
    for (const value of WRONG_FLAGS)
      edit(`${field} is no flag`, ({ model }) => {
        model[field] = value;
      });
  }
  for (const value of [
    5,
    'x',
    {},
    [null],
    [5],
    [[]],
    [{}],
    [{ ...added[0], content: '' }],
    Array(5000).fill(added[0]),
  ]) {
    part('added_tokens', value, `added_tokens is ${JSON.stringify(value).slice(0, 60)}`);
  }
  for (const content of [null, 5, '', [], {}, 'x'.repeat(1e5), added[0].content, tokens[20]]) {
    edit(`an added token is ${String(content).slice(0, 60)}`, ({ added_tokens }) => {
      added_tokens[2].content = content;
    });
  }
  for (const field of ['special', 'lstrip', 'rstrip', 'single_word', 'normalized']) {
    for (const value of WRONG_FLAGS)
      edit(`${field} is no flag`, ({ added_tokens }) => {
        added_tokens[1][field] = value;
      });
  }

  for (const Regex of HOSTILE) {
    const split = { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false };
    part('pre_tokenizer', split, `splits by ${Regex}`);
    part('pre_tokenizer', { type: 'Sequence', pretokenizers: [split] }, `splits in a sequence by ${Regex}`);
    for (const replacing of ['normalizer', 'decoder', 'pre_tokenizer']) {
      part(replacing, { type: 'Replace', pattern: { Regex }, content: 'x' }, `${replacing} replaces ${Regex}`);
    }
  }
  for (const name of ['normalizer', 'pre_tokenizer', 'post_processor', 'decoder']) {
    for (const value of WRONG_PARTS) part(name, value, `${name} is ${JSON.stringify(value)}`);
    const inside = { normalizer: 'normalizers', pre_tokenizer: 'pretokenizers', post_processor: 'processors' }[name];
    const list = inside ?? 'decoders';
    const nested = { type: 'Sequence', [list]: [{ type: 'Sequence', [list]: [] }] };
    part(name, nested, `${name} is a sequence in a sequence`);
    part(name, { type: 'Sequence' }, `${name} is a sequence of nothing`);
    part(name, { type: 'Sequence', [list]: Array(1000).fill({ type: 'ByteLevel' }) }, `${name} has a thousand steps`);
  }
  for (const type of ['Prepend', 'Strip', 'Precompiled', 'BertNormalizer']) {
    part('normalizer', { type, prepend: 'x'.repeat(1e6), content: 'x' }, `normalizer is ${type}`);
  }
  for (const type of ['FixedLength', 'Metaspace', 'BertPreTokenizer', 'Whitespace', 'Punctuation']) {
    part('pre_tokenizer', { type, length: 0 }, `pre_tokenizer is ${type}`);
  }
  for (const type of ['BertProcessing', 'RobertaProcessing'])
    part('post_processor', { type }, `post_processor is ${type}`);
  for (const type of ['BPEDecoder', 'CTC', 'Strip', 'WordPiece', 'Metaspace', 'ByteFallback', 'Replace']) {
    part('decoder', { type, start: 1e12, suffix: '', content: '', prefix: 'x' }, `decoder is ${type}`);
  }
  for (const value of [5, 'x', {}, Array(5000).fill('x')]) {
    edit(
      'additional_special_tokens',
      (json) => ({ ...json, additional_special_tokens: value }),
      'tokenizer_config.json',
    );
  }
  return corruptions;
}
