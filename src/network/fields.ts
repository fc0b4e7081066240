import { UnmaskError } from '../errors';

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The largest of each count. Real models are below: vocabularies to 262,144 (Gemma), contexts to 131,072, hidden
 * sizes to 16,384, MLPs to 53,248 (Llama 405B), 126 layers, 128 heads. The numbers of a whole model, and those of
 * its KV cache, are then below 2^42, so that no product of them is rounded.
 */
export const LARGEST = {
  vocabulary: 2 ** 18,
  hidden: 2 ** 14,
  mlp: 2 ** 16,
  layers: 2 ** 8,
  heads: 2 ** 8,
  headSize: 256,
  context: 2 ** 17,
} as const;

/** Block sizes of a model, and ids that end its texts. */
const MOST_LISTED = 64;

/** Reads the fields of a config.json, which is not trusted. Everything throws `bad-model` naming the field. */
export class ConfigFields {
  readonly #values: JsonObject;
  /** What the messages put before a field's name: `block_diffusion.` */
  readonly #prefix: string;
  readonly #file: string;

  constructor(values: JsonObject, prefix = '', file = 'config.json') {
    this.#values = values;
    this.#prefix = prefix;
    this.#file = file;
  }

  /** Whether the field is there and not null. */
  has(name: string): boolean {
    return this.#value(name) !== undefined;
  }

  /** The fields of an object within; undefined where there is none. */
  object(name: string): ConfigFields | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || Array.isArray(value)) this.refuse(name, 'an object');
    return new ConfigFields(value as JsonObject, `${this.#prefix}${name}.`, this.#file);
  }

  /** A whole number from 1 to `largest`. */
  count(name: string, largest: number, whenMissing?: number): number {
    const value = this.#value(name) ?? whenMissing;
    if (!isWhole(value, 1, largest)) this.refuse(name, `a whole number from 1 to ${largest}`);
    return value;
  }

  number(name: string, least: number, most: number, whenMissing?: number): number {
    const value = this.#value(name) ?? whenMissing;
    if (typeof value !== 'number' || !(value >= least && value <= most)) {
      this.refuse(name, `a number from ${least} to ${most}`);
    }
    return value;
  }

  flag(name: string, whenMissing: boolean): boolean {
    const value = this.#value(name) ?? whenMissing;
    if (typeof value !== 'boolean') this.refuse(name, 'true or false');
    return value;
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[], whenMissing?: Choice): Choice {
    const value = this.#value(name) ?? whenMissing;
    if (!choices.includes(value as Choice)) {
      this.refuse(name, choices.map((choice) => JSON.stringify(choice)).join(' or '));
    }
    return value as Choice;
  }

  /** An id below `vocabulary`; null where the field is missing. */
  id(name: string, vocabulary: number): number | null {
    const value = this.#value(name);
    if (value === undefined) return null;
    if (!isWhole(value, 0, vocabulary - 1)) this.refuse(name, `an id below ${vocabulary}`);
    return value;
  }

  /** An id or a list of ids below `vocabulary`, each once; none where the field is missing. */
  ids(name: string, vocabulary: number): number[] {
    const value = this.#value(name) ?? [];
    const list: unknown[] = Array.isArray(value) ? value : [value];
    if (list.length > MOST_LISTED || !list.every((id): id is number => isWhole(id, 0, vocabulary - 1))) {
      this.refuse(name, `an id below ${vocabulary}, or a list of at most ${MOST_LISTED} of them`);
    }
    return [...new Set(list)];
  }

  /** Block sizes up to `context`, ascending. */
  blockSizes(name: string, context: number, whenMissing?: readonly number[]): readonly number[] {
    const value = this.#value(name) ?? whenMissing;
    const isList = Array.isArray(value) && value.length > 0 && value.length <= MOST_LISTED;
    if (!isList || !value.every((size): size is number => isWhole(size, 1, context))) {
      this.refuse(name, `a list of at most ${MOST_LISTED} whole numbers from 1 to ${context}`);
    }
    if (value.some((size, index) => index > 0 && size <= value[index - 1]!)) this.refuse(name, 'in ascending order');
    return value;
  }

  /** Throws unless the field is missing or one of these: values of a known field that we implement. */
  only(name: string, values: readonly unknown[]): void {
    const value = this.#value(name);
    if (value === undefined || values.includes(value)) return;
    const known = values.map((each) => JSON.stringify(each)).join(' or ');
    throw new UnmaskError(
      'bad-model',
      `${this.#file}: ${this.#prefix}${name} is ${shown(value)}, which Unmask does not run${known && `, only ${known}`}. ` +
        'Take another model.',
    );
  }

  /** Throws where there is a field that is none of these. */
  onlyFields(names: readonly string[]): void {
    const other = Object.keys(this.#values).find((name) => !names.includes(name));
    if (other !== undefined) this.refuse(other, `left out: there are ${names.join(', ')}`);
  }

  /** The same of every item of a list. */
  onlyEach(name: string, values: readonly unknown[]): void {
    const list = this.#value(name);
    for (const item of list === undefined ? [] : [list].flat())
      new ConfigFields({ [name]: item }, this.#prefix, this.#file).only(name, values);
  }

  refuse(name: string, expected: string): never {
    const found = this.#value(name);
    throw new UnmaskError(
      'bad-model',
      `${this.#file}: ${this.#prefix}${name} must be ${expected}, and is ${found === undefined ? 'missing' : shown(found)}. ` +
        'Get the model again, or take another.',
    );
  }

  #value(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? (this.#values[name] ?? undefined) : undefined;
  }
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

/** A value in a message, cut where it is long. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
