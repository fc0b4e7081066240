import text from './text.json';

/** Of the checkpoint that every test here runs; `make_logits.py` reads the same file. */
export const SEED = text.seed;

export const BLOCK_SIZE = text.block_size;

/** Two blocks to be told, and one to be filled in after them: what PyTorch and both backends compute logits of. */
export const PROMPT: readonly number[] = text.prompt;
export const NOISED: readonly number[] = text.noised;

/** How many are written after the prompt. */
export const NEW_TOKENS = text.new_tokens;
