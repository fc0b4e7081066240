import type { AlternativeToken, Client } from '../../library/unmask';
import { allBlocks, type Block, type Story } from './story';
import { placeOfToken } from './token-place';

/** The alternatives of tokens, each asked for once. A block that changes is another object, and is asked about anew. */
export class Alternatives {
  readonly #known = new WeakMap<Block, Map<number, readonly AlternativeToken[]>>();

  known(story: Story, block: number, token: number): readonly AlternativeToken[] | null {
    const about = allBlocks(story)[block];
    return (about && this.#known.get(about)?.get(token)) ?? null;
  }

  /** Null for a token that has none, where `signal` was aborted, and where the model could not tell. */
  async ask(
    client: Client,
    story: Story,
    block: number,
    token: number,
    signal: AbortSignal,
  ): Promise<readonly AlternativeToken[] | null> {
    const known = this.known(story, block, token);
    const about = allBlocks(story)[block];
    const place = placeOfToken(story, block, token);
    if (known || !about || !place) return known;
    // What is only shown beside the text ends quietly; the next text says what is wrong with the model.
    const tokens = await client.inspect(place, signal).catch(() => null);
    if (tokens) this.#known.set(about, (this.#known.get(about) ?? new Map()).set(token, tokens));
    return tokens;
  }
}
