import { createContext } from 'react';
import type { TermId } from './terms';

/** Opens the glossary, at a term if one is named. */
export const OpenGlossary = createContext<(term: TermId | null) => void>(() => {});
