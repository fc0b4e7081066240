import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ChatMessage, type ChatTemplateFiles, createChatTemplate } from '../../src/tokenizer/chat-template';
import { createTokenizer } from '../../src/tokenizer/tokenizer';

interface Case {
  readonly template: string;
  readonly name: string;
  readonly messages: readonly ChatMessage[];
  readonly variables: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly ids: readonly number[] | null;
}

const file = (path: string) => readFileSync(new URL(`../fixtures/${path}`, import.meta.url));
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const text = (value: string) => new TextEncoder().encode(value);
const { cases } = JSON.parse(file('chat-templates/oracle.json').toString()) as { cases: readonly Case[] };

const TURN_TOKENS = { '<|im_start|>': 400, '<|im_end|>': 401 };
const json = JSON.parse(file('byte-bpe/tokenizer.json').toString());
const added = Object.entries(TURN_TOKENS).map(([content, id]) => ({ ...json.added_tokens[0], content, id }));
const tokenizer = createTokenizer(402, bytes({ ...json, added_tokens: [...json.added_tokens, ...added] }));

const files = (template: string): ChatTemplateFiles => ({
  jinja: file(`chat-templates/${template}`),
  tokenizerConfig: bytes({ bos_token: '<|im_start|>', eos_token: { content: '<|im_end|>' } }),
});

/** The text of ids, special tokens as they are written. */
function written(ids: readonly number[]): string {
  const specials = new Map(Object.entries(TURN_TOKENS).map(([token, id]) => [id, token]));
  const parts: string[] = [];
  let between: number[] = [];
  for (const id of ids) {
    const special = specials.get(id);
    if (special === undefined) between.push(id);
    else {
      parts.push(tokenizer.decode(between), special);
      between = [];
    }
  }
  return [...parts, tokenizer.decode(between)].join('');
}

const saying = (content: string): readonly ChatMessage[] => [{ role: 'user', content }];

describe('the prompt is that of transformers', () => {
  it.each(cases)('$template, $variables: $name', ({ template, messages, variables, text, ids }) => {
    const encoded = createChatTemplate(files(template))!.encode(messages, tokenizer, variables);
    expect(written(encoded)).toBe(text);
    if (ids) expect(encoded).toEqual(ids);
  });

  it('but special tokens that a message spells stay text', () => {
    const spelled = cases.filter(({ ids }) => ids === null);
    expect(spelled.length).toBeGreaterThan(2);
    for (const { template, messages, variables } of spelled) {
      const plain = messages.map(({ role }) => ({ role, content: 'x' }));
      const encode = (turns: readonly ChatMessage[]) =>
        createChatTemplate(files(template))!.encode(turns, tokenizer, variables);
      const specials = (ids: readonly number[]) => ids.filter((id) => id >= 400 || id === 0);
      expect(specials(encode(messages))).toEqual(specials(encode(plain)));
    }
  });
});

describe('where a template is found', () => {
  const said = (files: ChatTemplateFiles) => written(createChatTemplate(files)!.encode(saying('?'), tokenizer));

  it('chat_template.jinja first, then tokenizer_config.json, then chat_template.json', () => {
    const jinja = text('jinja{{ messages[0].content }}');
    const tokenizerConfig = bytes({ chat_template: 'config' });
    const json = bytes({ chat_template: 'json' });
    expect(said({ jinja, tokenizerConfig, json })).toBe('jinja?');
    expect(said({ tokenizerConfig, json })).toBe('config');
    expect(said({ tokenizerConfig: bytes({}), json })).toBe('json');
  });

  it('of a list the one named default, else the first', () => {
    const named = (...names: string[]) =>
      bytes({ chat_template: names.map((name) => ({ name, template: `the ${name}` })) });
    expect(said({ tokenizerConfig: named('tool_use', 'default') })).toBe('the default');
    expect(said({ tokenizerConfig: named('rag', 'tool_use') })).toBe('the rag');
  });

  it.each([
    ['no files', {}],
    ['none in them', { tokenizerConfig: bytes({ bos_token: 'x' }), json: bytes({}) }],
    [
      'something else in its place',
      { tokenizerConfig: bytes({ chat_template: 7 }), json: bytes({ chat_template: [] }) },
    ],
  ])('%s: there is none', (_, files) => {
    expect(createChatTemplate(files)).toBeNull();
  });

  it('the tokens that begin and end a text, as text or as objects, are known to it', () => {
    const jinja = text('{{ bos_token }}{{ eos_token }}');
    const tokenizerConfig = bytes({ bos_token: '<|im_start|>', eos_token: { content: '<|im_end|>' } });
    const template = createChatTemplate({ jinja, tokenizerConfig })!;
    expect(template.encode(saying('?'), tokenizer)).toEqual([400, 401]);
  });
});

describe('a template that cannot be run is told as such', () => {
  const refused = (what: string | RegExp) =>
    expect.objectContaining({
      code: 'bad-model',
      message: expect.stringMatching(what),
    });

  it.each([
    ['a loop without an end', '{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}'],
    ['a range that fills the memory', '{% for a in range(99999999999) %}{% endfor %}'],
    ['a range of no steps', '{% for a in range(1, 2, 0) %}{% endfor %}'],
    [
      'a text that doubles',
      '{% set n = namespace(t="ab") %}{% for a in range(99) %}{% set n.t = n.t + n.t %}{% endfor %}',
    ],
    ['a macro that calls itself', '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}'],
    ['its own objection', '{{ raise_exception("Roles must alternate") }}'],
    ['a filter that is none', '{{ messages | nonsense }}'],
    ['no template', '{% for %}'],
    ['one that is too long', 'x'.repeat(2 ** 18 + 1)],
    ['one that is too deep', `{{ ${'('.repeat(100_000)}`],
  ])(
    '%s',
    (_, source) => {
      const template = createChatTemplate({ jinja: text(source) })!;
      expect(() => template.encode(saying('?'), tokenizer)).toThrowError(refused(/^The model's chat template cannot/));
    },
    60_000,
  );

  it('a file that is not JSON', () => {
    expect(() => createChatTemplate({ json: text('{') })).toThrowError(refused(/^chat_template\.json cannot be used/));
  });
});
