import { Environment, Interpreter, parse, Template, tokenize } from '@huggingface/jinja';

/** Characters of a template. The longest in use have 20,000. */
const LONGEST_SOURCE = 2 ** 18;
/** What a rendering may run: expressions, statements, and members of the lists they give. 400 turns take less. */
const MOST_STEPS = 1_000_000;
/** Characters of a text, or members of a list, while a template runs. */
const LARGEST_VALUE = 2 ** 23;

/**
 * A template that comes from outside. A rendering that takes too many steps, or makes too large a value, is ended
 * with an error. What one filter does to one value is not bounded from within.
 */
export class BoundedTemplate {
  readonly #program: ReturnType<typeof parse>;

  /** Throws for a source that is no template. */
  constructor(source: string) {
    if (source.length > LONGEST_SOURCE) throw new Error(`it is longer than ${LONGEST_SOURCE} characters`);
    this.#program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
  }

  render(variables: Readonly<Record<string, unknown>>): string {
    const environment = new Environment();
    for (const [name, value] of Object.entries({ ...GLOBALS, ...variables })) environment.set(name, value);
    return String(new BoundedInterpreter(environment).run(this.#program).value);
  }
}

type Evaluated = ReturnType<Interpreter['evaluate']>;

class BoundedInterpreter extends Interpreter {
  #steps = 0;

  override evaluate(...args: Parameters<Interpreter['evaluate']>): Evaluated {
    const result = super.evaluate(...args);
    const { value } = result;
    // A loop over a list may have nothing in it that is evaluated.
    this.#steps += 1 + (Array.isArray(value) ? value.length : 0);
    if (this.#steps > MOST_STEPS) throw new Error(`it takes more than ${MOST_STEPS} steps`);
    if ((typeof value === 'string' || Array.isArray(value)) && value.length > LARGEST_VALUE) {
      throw new Error(`it makes a value of more than ${LARGEST_VALUE} characters or members`);
    }
    return result;
  }
}

/** What every chat template may use. */
const GLOBALS = {
  true: true,
  false: false,
  none: null,
  True: true,
  False: false,
  None: null,
  range,
  raise_exception(message: unknown) {
    throw new Error(String(message));
  },
  strftime_now: (format: unknown) => new Template('{{ strftime_now(format) }}').render({ format }),
};

function range(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!(length <= LARGEST_VALUE)) throw new Error(`range makes ${length} numbers`);
  return Array.from({ length }, (_, index) => start + index * step);
}
