import type { Link, Origin, TextSettings } from '../share/link';

/** Where a text comes from: what a link or a file of it has to say. */
export interface Provenance {
  /** The settings that the text began with. */
  readonly first: TextSettings;
  /** The model that wrote it. */
  readonly model: Origin & { readonly name: string };
  /** How often it was continued, edited, or set otherwise on the way: a link tells how it was first written. */
  readonly changes: number;
  /** `here` for a text that was begun on this page, `file` for a saved run, else the link that asked for it. */
  readonly source: 'here' | 'file' | Link;
}

/** The provenance of a text that more went into than its first settings. */
export function changed(provenance: Provenance | null): Provenance | null {
  return provenance && { ...provenance, changes: provenance.changes + 1 };
}
