import { UnmaskError } from '../errors';

/** What a message is refused with that this version of the page cannot have sent. */
export const RELOAD = 'Parts of this page are from different versions. Reload the page.';

/** An object whose fields are not known yet. What reads them throws `bad-input` for one of another type. */
export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null) throw new UnmaskError('bad-input', RELOAD);
  return { ...value };
}

export function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw new UnmaskError('bad-input', `${name} must be a text.`);
  return value;
}

export function shareOf(fields: Fields, name: string): number {
  const share = numberOf(fields, name);
  if (share > 0 && share <= 1) return share;
  throw new UnmaskError('bad-input', `${name} must be above 0 and at most 1.`);
}

export function numberOf(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new UnmaskError('bad-input', `${name} must be a number.`);
  }
  return value;
}

export function numbersOf(fields: Fields, name: string): number[] {
  return listOf(fields, name).map((value) => numberOf({ [name]: value }, name));
}

export function optional<T>(fields: Fields, name: string, read: (fields: Fields, name: string) => T): T | undefined {
  return fields[name] === undefined ? undefined : read(fields, name);
}

export function idsOf(fields: Fields, name: string): (number | null)[] {
  return listOf(fields, name).map((id) => (id === null ? null : numberOf({ id }, 'id')));
}

export function filesOf(fields: Fields, name: string): File[] {
  const files = listOf(fields, name);
  if (files.every((file) => file instanceof File)) return files;
  throw new UnmaskError('bad-input', `${name} must be files.`);
}

export function listOf(fields: Fields, name: string): unknown[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw new UnmaskError('bad-input', `${name} must be a list.`);
  return value;
}

export function oneOf<T extends string>(fields: Fields, name: string, choices: readonly T[]): T {
  const value = choices.find((choice) => choice === fields[name]);
  if (value === undefined) throw new UnmaskError('bad-input', `${name} must be one of ${choices.join(', ')}.`);
  return value;
}
