import 'react';

/** Custom properties that components hand to the style sheets. */
declare module 'react' {
  interface CSSProperties {
    /** How far a slider or a line is filled, 0 … 1. */
    '--share'?: number;
    /** How surprising a token was to the model, 0 … 1. */
    '--heat'?: string;
    /** How unsure the model was of a token, 0 … 1. */
    '--doubt'?: string;
    /** When in its block a token was revealed: 0 first, 1 last. */
    '--late'?: string;
    /** Width of a masked token in em. */
    '--width'?: string;
    /** Where the flicker of a masked token begins, in seconds. */
    '--delay'?: string;
  }
}
