import type { Writable } from 'node:stream';
import type { GenerateSettings, GenerationEvent, ModelInfo, TokenText } from '../library/node';
import { counted } from './command';

/** A generation as the command line tells of it. */
export interface Told {
  readonly info: ModelInfo;
  readonly settings: GenerateSettings;
  /** BOS included. */
  readonly prompt: readonly TokenText[];
  /** Whether the text begins with the prompt; an answer stands alone. */
  readonly showsPrompt: boolean;
}

/** How a generation ended. */
export interface Ending {
  readonly seconds: number;
  /** By a person, before its end. */
  readonly stopped: boolean;
}

/** Takes the events of a generation and writes what a person or a program reads. */
export interface GenerationOutput {
  take(event: GenerationEvent): void;
  /** After the last event. */
  finish(ending: Ending): void;
}

type Revealed = readonly [position: number, id: number, probability: number];

/** One JSON object, once all is done: see `--help` for its fields. */
export function jsonOutput({ info, settings, prompt }: Told, out: Writable): GenerationOutput {
  const steps: { block: number; step: number; reveal: Revealed[] }[] = [];
  const written = new WrittenTokens();
  let answer = '';
  return {
    take(event) {
      written.take(event);
      if (event.type === 'block') answer += event.text;
      if (event.type !== 'step') return;
      const { block, step, reveal } = event;
      steps.push({ block, step, reveal: reveal.map((drawn) => [drawn.position, drawn.id, drawn.probability]) });
    },
    finish({ seconds }) {
      const promptIds = prompt.map(({ id }) => id);
      const ids = written.tokens.map(({ id }) => id);
      const told = {
        prompt_ids: promptIds,
        ids: [...promptIds, ...ids],
        answer_ids: written.reason === 'eos' ? ids.slice(0, -1) : ids,
        text: info.hasTokenizer ? textOf(prompt) + answer : null,
        answer: info.hasTokenizer ? answer : null,
        block_size: settings.blockSize,
        steps,
        nfe: written.nfe,
        backend: info.backend,
        adapter: info.adapter,
        dtype: info.dtype,
        seed: settings.seed,
        seconds,
      };
      out.write(`${JSON.stringify(told)}\n`);
    },
  };
}

/** The text as its blocks get ready, the prompt first, and a line about the work beside it. */
export function textOutput(told: Told, out: Writable, aside: Writable): GenerationOutput {
  const { info, settings, prompt } = told;
  const written = new WrittenTokens();
  const ids = idsThemselves();
  return {
    take(event) {
      const tokens = written.take(event);
      if (event.type === 'started' && told.showsPrompt) out.write(info.hasTokenizer ? textOf(prompt) : ids(prompt));
      if (event.type === 'block') out.write(info.hasTokenizer ? event.text : ids(tokens));
    },
    finish({ seconds, stopped }) {
      out.write('\n');
      const { length } = written.tokens;
      const rate = `${counted(length, 'token')} in ${seconds.toFixed(1)} s (${(length / seconds).toFixed(1)} a second)`;
      const device = `${info.backend} on ${info.adapter}`;
      const passes = counted(written.nfe, 'pass', 'passes');
      aside.write(`${rate}, ${passes}, ${device}, seed ${settings.seed}${stopped ? ', stopped' : ''}\n`);
    },
  };
}

/** Adds up what is written, without the prompt's end that the first block begins with. */
class WrittenTokens {
  readonly tokens: TokenText[] = [];
  reason: 'eos' | 'length' | undefined;
  nfe = 0;
  #pinned = 0;

  /** Returns the tokens that the event adds. */
  take(event: GenerationEvent): readonly TokenText[] {
    if ('nfe' in event) this.nfe = event.nfe;
    if (event.type === 'started') this.#pinned = event.pinned.length;
    if (event.type === 'done') this.reason = event.reason;
    if (event.type !== 'block') return [];
    const added = event.tokens.slice(this.#pinned);
    this.#pinned = 0;
    this.tokens.push(...added);
    return added;
  }
}

function textOf(tokens: readonly TokenText[]): string {
  return tokens.map(({ text }) => text).join('');
}

/** `12,7,30,`: a model without tokenizer writes ids. */
function idsThemselves(): (tokens: readonly TokenText[]) => string {
  let before = '';
  return (tokens) => {
    if (tokens.length === 0) return '';
    const text = `${before}${tokens.map(({ id }) => id)}`;
    before = ',';
    return text;
  };
}
