import type { Writable } from 'node:stream';
import type { Backend } from '../backends/backend';
import type { GenerationEvent, GenerationRequest } from '../engine/generation';
import type { WeightDtype } from '../model/format/packing';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { counted } from './command';

/** A generation as the command line tells of it. */
export interface Told {
  readonly backend: Backend;
  readonly dtype: WeightDtype;
  /** Null for a model that runs on ids alone. */
  readonly tokenizer: Tokenizer | null;
  /** Whether the text begins with the prompt; an answer stands alone. */
  readonly showsPrompt: boolean;
  readonly request: GenerationRequest & { readonly promptIds: readonly number[] };
}

/** Takes the events of a generation and writes what a person or a program reads. */
export interface GenerationOutput {
  take(event: GenerationEvent): void;
  /** After the last event; `seconds` is how long it took. */
  finish(seconds: number): void;
}

type EndEvent = Extract<GenerationEvent, { type: 'end' }>;
type Revealed = readonly [position: number, id: number, probability: number];

/** One JSON object, once all is done: see `--help` for its fields. */
export function jsonOutput({ backend, dtype, tokenizer, request }: Told, out: Writable): GenerationOutput {
  const steps: { block: number; step: number; reveal: Revealed[] }[] = [];
  let end: EndEvent | undefined;
  return {
    take(event) {
      if (event.type === 'end') end = event;
      if (event.type !== 'step') return;
      const { block, step, reveal } = event;
      steps.push({ block, step, reveal: reveal.map((drawn) => [drawn.position, drawn.id, drawn.probability]) });
    },
    finish(seconds) {
      if (!end) return;
      const answerIds = end.ids.slice(request.promptIds.length, end.reason === 'eos' ? -1 : undefined);
      const told = {
        prompt_ids: request.promptIds,
        ids: end.ids,
        answer_ids: answerIds,
        text: tokenizer ? tokenizer.decode(end.ids) : null,
        answer: tokenizer ? tokenizer.decode(answerIds) : null,
        block_size: request.blockSize,
        steps,
        nfe: end.nfe,
        backend: backend.name,
        adapter: backend.adapter,
        dtype,
        seed: request.sampling.seed,
        seconds,
      };
      out.write(`${JSON.stringify(told)}\n`);
    },
  };
}

/** The text as its blocks get ready, the prompt first, and a line about the work beside it. */
export function textOutput(told: Told, out: Writable, aside: Writable): GenerationOutput {
  const { backend, tokenizer, request } = told;
  const text = tokenizer ? textOfIds(tokenizer) : idsThemselves();
  let pinned = 0;
  let end: EndEvent | undefined;
  return {
    take(event) {
      switch (event.type) {
        case 'start':
          pinned = event.pinned.length;
          if (told.showsPrompt) out.write(text.push(request.promptIds));
          break;
        case 'block':
          out.write(text.push(event.ids.slice(pinned)));
          pinned = 0;
          break;
        case 'end':
          end = event;
          out.write(`${text.flush()}\n`);
          break;
        case 'step':
          break;
        default:
          event satisfies never;
      }
    },
    finish(seconds) {
      if (!end) return;
      const tokens = end.ids.length - request.promptIds.length;
      const rate = `${counted(tokens, 'token')} in ${seconds.toFixed(1)} s (${(tokens / seconds).toFixed(1)} a second)`;
      const cancelled = end.reason === 'cancelled' ? ', stopped' : '';
      const { seed } = request.sampling;
      aside.write(
        `${rate}, ${counted(end.nfe, 'pass', 'passes')}, ${backend.name} on ${backend.adapter}, seed ${seed}${cancelled}\n`,
      );
    },
  };
}

interface TextSource {
  push(ids: readonly number[]): string;
  flush(): string;
}

function textOfIds(tokenizer: Tokenizer): TextSource {
  const stream = tokenizer.stream();
  return { push: (ids) => stream.push(ids).join(''), flush: () => stream.flush() };
}

/** `12,7,30,`: a model without tokenizer writes ids. */
function idsThemselves(): TextSource {
  let before = '';
  return {
    push(ids) {
      if (ids.length === 0) return '';
      const text = `${before}${ids.join(',')}`;
      before = ',';
      return text;
    },
    flush: () => '',
  };
}
