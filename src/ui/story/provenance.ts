import type { Link, Origin, TextSettings } from '../share/link';

/** Where a text comes from: what a link or a file of it has to say. */
export interface Provenance {
  /** The settings that the text began with. */
  readonly first: TextSettings;
  /** The model that wrote it. */
  readonly model: Origin & { readonly name: string };
  /** True where a link cannot tell the whole text: it was continued, edited, or set otherwise on the way. */
  readonly changed: boolean;
  /** `here` for a text that was begun on this page, `file` for a saved run, else the link that asked for it. */
  readonly source: 'here' | 'file' | Link;
}

/** The provenance of a text that more went into than its first settings. */
export function changed(provenance: Provenance | null): Provenance | null {
  return provenance && { ...provenance, changed: true };
}
