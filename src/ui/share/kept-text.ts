import * as v from 'valibot';
import type { Story } from '../story/story';
import { readRunFile, writeRunFile } from './run-file';

const keptSchema = v.object({ source: v.picklist(['here', 'file']), run: v.string() });

/** A text as the browser's history keeps it over a reload. */
export type KeptText = v.InferOutput<typeof keptSchema>;

/** Characters of a run that a browser is asked to keep in its history. */
const LONGEST_KEPT = 4e6;

/** Null for a text without a provenance, and for one that is too long. */
export function keepText(story: Story): KeptText | null {
  const { provenance } = story;
  if (!provenance) return null;
  const run = writeRunFile(story, provenance);
  return run.length > LONGEST_KEPT ? null : { source: provenance.source === 'file' ? 'file' : 'here', run };
}

/** The text that was kept so; null for anything else. */
export function keptText(kept: unknown): Story | null {
  const found = v.safeParse(keptSchema, kept);
  if (!found.success) return null;
  const { source, run } = found.output;
  try {
    const story = readRunFile(run);
    return story.provenance && { ...story, provenance: { ...story.provenance, source } };
  } catch {
    return null;
  }
}
