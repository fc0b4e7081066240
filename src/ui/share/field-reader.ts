import { UnmaskError } from '../../errors';

/** Reads an untrusted value field by field. Every method throws `bad-input` that names the field and what it must be. */
export class FieldReader {
  readonly #value: unknown;
  /** Where in the file it is: `steps[3].reveal`. */
  readonly #path: string;

  constructor(value: unknown, path = '') {
    this.#value = value;
    this.#path = path;
  }

  get isNull(): boolean {
    return this.#value === null || this.#value === undefined;
  }

  get raw(): unknown {
    return this.#value;
  }

  field(name: string): FieldReader {
    const path = this.#path ? `${this.#path}.${name}` : name;
    if (typeof this.#value !== 'object' || this.isNull || Array.isArray(this.#value)) this.refuse('a JSON object');
    const { [name]: value } = this.#value as Record<string, unknown>;
    return new FieldReader(value, path);
  }

  /** The items of a list of `least` to `most`. */
  list(least: number, most: number): FieldReader[] {
    const value = this.#value;
    if (!Array.isArray(value) || value.length < least || value.length > most) {
      return this.refuse(`a list of ${least} to ${most}`);
    }
    return value.map((item, index) => new FieldReader(item, `${this.#path}[${index}]`));
  }

  text(longest: number): string {
    const value = this.#value;
    if (typeof value !== 'string' || value.length > longest)
      return this.refuse(`a text of up to ${longest} characters`);
    return value;
  }

  number(least: number, most: number): number {
    const value = this.#value;
    if (typeof value !== 'number' || !(value >= least && value <= most)) {
      return this.refuse(`a number from ${least} to ${most}`);
    }
    return value;
  }

  whole(least: number, most: number): number {
    const value = this.number(least, most);
    return Number.isInteger(value) ? value : this.refuse(`a whole number from ${least} to ${most}`);
  }

  choice<T extends string | number>(choices: readonly T[]): T {
    return choices.find((choice) => choice === this.#value) ?? this.refuse(`one of ${choices.join(', ')}`);
  }

  /** Null where it is null or left out, else what `read` makes of it. */
  optional<T>(read: (reader: FieldReader) => T): T | null {
    return this.isNull ? null : read(this);
  }

  refuse(expected: string): never {
    throw new UnmaskError(
      'bad-input',
      `This is not a run that Unmask saved, or it is damaged: ${this.#path ? `“${this.#path}”` : 'it'} must be ${expected}.`,
    );
  }
}
