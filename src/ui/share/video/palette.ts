/** The page's colours and type, as the style sheet has them now. */
export interface Palette {
  readonly paper: string;
  readonly ink: string;
  readonly inkSoft: string;
  readonly accent: string;
  readonly sure: string;
  readonly unsure: string;
  readonly early: string;
  readonly line: string;
  readonly serif: string;
  readonly sans: string;
}

export function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    paper: read('paper'),
    ink: read('ink'),
    inkSoft: read('ink-soft'),
    accent: read('accent'),
    sure: read('sure'),
    unsure: read('unsure'),
    early: read('early'),
    line: read('line'),
    serif: read('serif'),
    sans: read('sans'),
  };
}
