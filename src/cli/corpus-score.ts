/** What a model gave one document. */
export interface DocumentScore {
  /** Its NELBO, or the estimate of it. */
  readonly nats: number;
  /** Scored, at least 1. */
  readonly tokens: number;
  /** Of UTF-8, that the scored tokens spell. */
  readonly bytes: number;
}

/** What a model gave a corpus. */
export interface CorpusScore {
  readonly documents: number;
  readonly tokens: number;
  readonly bytes: number;
  readonly natsPerToken: number;
  /** Standard error of `natsPerToken` over documents; null for a single one. */
  readonly standardError: number | null;
  readonly perplexity: number;
  readonly bitsPerByte: number;
}

/** Puts the scores of one or more documents together: every token weighs the same, whichever document it is in. */
export function corpusScore(scores: readonly DocumentScore[]): CorpusScore {
  const total = (field: keyof DocumentScore) => scores.reduce((sum, score) => sum + score[field], 0);
  const [nats, tokens, bytes] = [total('nats'), total('tokens'), total('bytes')];
  const natsPerToken = nats / tokens;
  return {
    documents: scores.length,
    tokens,
    bytes,
    natsPerToken,
    standardError: scores.length < 2 ? null : ratioError(scores, natsPerToken, tokens),
    perplexity: Math.exp(natsPerToken),
    bitsPerByte: nats / Math.LN2 / bytes,
  };
}

/** Of Σ nats / Σ tokens, by the delta method: √(n/(n−1) Σ rᵢ²) / Σ tokens, where rᵢ = natsᵢ − ratio · tokensᵢ. */
function ratioError(scores: readonly DocumentScore[], ratio: number, totalTokens: number): number {
  const squares = scores.reduce((sum, { nats, tokens }) => sum + (nats - ratio * tokens) ** 2, 0);
  return Math.sqrt((scores.length / (scores.length - 1)) * squares) / totalTokens;
}
