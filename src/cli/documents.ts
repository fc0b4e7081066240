import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UnmaskError } from '../errors';

/** What models are trained on: one object of this kind a line in a `.jsonl` or `.jsonl.gz` file. */
export interface TrainingDocument {
  readonly kind: string;
  readonly title: string;
  readonly text: string;
}

/** A user's turn and the answer to it, as models with a chat template are trained on. */
export interface Exchange {
  readonly prompt: string;
  readonly text: string;
}

export function isExchange(document: TrainingDocument | Exchange): document is Exchange {
  return 'prompt' in document;
}

/** How every document begins, and what a prompt for one looks like. */
export function documentHead({ kind, title }: Pick<TrainingDocument, 'kind' | 'title'>): string {
  return `${kind}: ${title}\n\n`;
}

/**
 * The first `limit` documents of a file, which is unpacked if its name ends in `.gz`; nothing after them
 * is looked at. Throws `bad-input` naming the file, or the line, for what is no document, and for a file
 * without any.
 */
export async function readDocuments(file: string, limit: number): Promise<(TrainingDocument | Exchange)[]> {
  const documents: (TrainingDocument | Exchange)[] = [];
  for await (const line of linesOf(file)) {
    documents.push(parseDocument(line, `${file}, line ${documents.length + 1}`));
    if (documents.length >= limit) break;
  }
  if (documents.length === 0) throw new UnmaskError('bad-input', `${file} is empty: give a file with documents in it.`);
  return documents;
}

/** Split at line feeds alone: JSON may contain the other line ends that Unicode has. */
async function* linesOf(file: string): AsyncGenerator<string, void> {
  let rest = '';
  for await (const text of textOf(file)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== '') yield rest;
}

async function* textOf(file: string): AsyncGenerator<string, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const stored = createReadStream(file);
  // What goes wrong in the pipeline comes out of the loop.
  const unpacked = file.endsWith('.gz') ? pipeline(stored, createGunzip(), () => {}) : stored;
  try {
    for await (const bytes of unpacked) yield decoder.decode(bytes, { stream: true });
    yield decoder.decode();
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function parseDocument(line: string, place: string): TrainingDocument | Exchange {
  const document = parseJson(line);
  if (hasTexts(document, ['prompt', 'text']) || hasTexts(document, ['kind', 'title', 'text'])) return document;
  throw new UnmaskError(
    'bad-input',
    `${place} must be a JSON object with the texts kind, title and text, or prompt and text. Correct it.`,
  );
}

function hasTexts(value: unknown, fields: readonly string[]): value is TrainingDocument & Exchange {
  return fields.every((field) => typeof Object(value)[field] === 'string');
}

/** Undefined where it is none. */
function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function unreadable(file: string, cause: unknown): UnmaskError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const sentence = () => {
    if (code === 'ENOENT') return `There is no file ${file}. Name a .jsonl or .jsonl.gz file with documents.`;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return `${file} is not UTF-8. Name a .jsonl or .jsonl.gz file.`;
    return `${file} cannot be read: ${cause instanceof Error ? cause.message : cause}. Name a .jsonl or .jsonl.gz file.`;
  };
  return new UnmaskError('bad-input', sentence(), { cause });
}
