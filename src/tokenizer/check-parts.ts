import { KNOWN_PATTERNS } from './known-patterns';

/** The parts of a tokenizer around its vocabulary, by what `tokenizer.json` calls them. */
export const PARTS = ['normalizer', 'pre_tokenizer', 'post_processor', 'decoder'] as const;
type Part = (typeof PARTS)[number];

/** One step of a part: its `type`, and what else it says. */
type Step = Readonly<Record<string, unknown>>;

/** Keeps of a step what the library may see. Throws an Error that says what is wrong. */
type CheckStep = (step: Step) => Step;

/** The steps that a part may have: those of byte-level tokenizers such as ours, GPT-2's, Llama 3's and Qwen's. */
const STEPS: Readonly<Record<Part, Readonly<Record<string, CheckStep>>>> = {
  normalizer: { NFC: bare, NFD: bare, NFKC: bare, NFKD: bare },
  pre_tokenizer: {
    ByteLevel: withBooleans('add_prefix_space', 'trim_offsets', 'use_regex'),
    Digits: withBooleans('individual_digits'),
    Split: checkSplit,
  },
  post_processor: {
    ByteLevel: withBooleans('add_prefix_space', 'trim_offsets', 'use_regex'),
    // What it adds is never asked for; only the text itself may be in it, once.
    TemplateProcessing: () => ({ type: 'TemplateProcessing', single: [{ Sequence: { id: 'A', type_id: 0 } }] }),
  },
  decoder: { ByteLevel: withBooleans('add_prefix_space', 'trim_offsets', 'use_regex'), Fuse: bare },
};

/** What the list in a step of type Sequence is called. */
const SEQUENCES: Readonly<Record<Part, string>> = {
  normalizer: 'normalizers',
  pre_tokenizer: 'pretokenizers',
  post_processor: 'processors',
  decoder: 'decoders',
};
const LONGEST_SEQUENCE = 8;

/**
 * A part as the library may see it: none, a step, or a sequence of steps, all of known types and without what is
 * unknown. Throws an Error that says what is wrong.
 */
export function checkPart(part: Part, value: unknown): Step | null {
  if (value === null || value === undefined) return null;
  const step = stepIn(part, value);
  if (step.type !== 'Sequence') return checkStep(part, step);
  const steps = step[SEQUENCES[part]];
  if (!Array.isArray(steps) || steps.length > LONGEST_SEQUENCE) {
    throw new Error(`${part} is not a sequence of at most ${LONGEST_SEQUENCE} steps`);
  }
  return { type: 'Sequence', [SEQUENCES[part]]: steps.map((inner) => checkStep(part, stepIn(part, inner))) };
}

function stepIn(part: Part, value: unknown): Step {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${part} is not an object`);
  return value as Step;
}

function checkStep(part: Part, step: Step): Step {
  const { type } = step;
  const known = STEPS[part];
  if (typeof type === 'string' && Object.hasOwn(known, type)) return known[type]!(step);
  throw new Error(`${part} has a step of a type that is not ${Object.keys(known).join(', ')}`);
}

function bare({ type }: Step): Step {
  return { type };
}

function withBooleans(...fields: readonly string[]): CheckStep {
  return (step) => {
    const given = fields.filter((field) => step[field] !== undefined);
    for (const field of given) {
      if (typeof step[field] !== 'boolean') throw new Error(`${field} of ${step.type} is neither true nor false`);
    }
    return { type: step.type, ...Object.fromEntries(given.map((field) => [field, step[field]])) };
  };
}

function checkSplit({ type, pattern, behavior, invert }: Step): Step {
  const { Regex } = Object(pattern) as Record<string, unknown>;
  if (typeof Regex !== 'string' || !KNOWN_PATTERNS.has(Regex)) {
    throw new Error('a step of type Split has a regular expression that is not one of the known ones');
  }
  if (behavior !== 'Isolated' && behavior !== 'Removed')
    throw new Error('behavior of Split is not Isolated or Removed');
  if (typeof invert !== 'boolean') throw new Error('invert of Split is neither true nor false');
  return { type, pattern: { Regex }, behavior, invert };
}
