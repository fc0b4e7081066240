export interface Source {
  readonly authors: string;
  readonly title: string;
  /** arXiv number. */
  readonly arxiv: string;
  /** What this page has of it. */
  readonly use: string;
}

export const SOURCES: readonly Source[] = [
  {
    authors: 'Arriola et al., 2025',
    title: 'Block Diffusion: Interpolating Between Autoregressive and Diffusion Language Models',
    arxiv: '2503.09573',
    use: 'The kind of model, how it is trained, and how it writes.',
  },
  {
    authors: 'Sahoo et al., 2024',
    title: 'Simple and Effective Masked Diffusion Language Models',
    arxiv: '2406.07524',
    use: 'Why guessing masked tokens is all that training needs.',
  },
  {
    authors: 'Austin et al., 2021',
    title: 'Structured Denoising Diffusion Models in Discrete State-Spaces',
    arxiv: '2107.03006',
    use: 'Diffusion over words rather than pictures, and masks as its noise.',
  },
  {
    authors: 'Zheng et al., 2024',
    title:
      'Masked Diffusion Models are Secretly Time-Agnostic Masked Models and Exploit Inaccurate Categorical Sampling',
    arxiv: '2409.02908',
    use: 'The first-hitting sampler: one token per pass, at a random place.',
  },
  {
    authors: 'Ben-Hamu et al., 2025',
    title: 'Accelerated Sampling from Masked Diffusion Models via Entropy Bounded Unmasking',
    arxiv: '2505.24857',
    use: 'The entropy bound: as many tokens per pass as the model is sure enough about.',
  },
  {
    authors: 'Leviathan et al., 2023',
    title: 'Fast Inference from Transformers via Speculative Decoding',
    arxiv: '2211.17192',
    use: 'Drafted and checked: a draft is kept as far as writing one at a time would write it.',
  },
  {
    authors: 'Daliri et al., 2024',
    title: 'Coupling without Communication and Drafter-Invariant Speculative Decoding',
    arxiv: '2408.07978',
    use: 'Draft and text share their random numbers, so the text does not depend on the draft.',
  },
  {
    authors: 'Miao et al., 2023',
    title: 'SpecInfer: Accelerating LLM Serving with Tree-based Speculative Inference and Verification',
    arxiv: '2305.09781',
    use: 'A draft is checked as a tree: two candidates stand side by side for each place.',
  },
  {
    authors: 'Liu et al., 2025',
    title: 'TiDAR: Think in Diffusion, Talk in Autoregression',
    arxiv: '2511.08923',
    use: 'The pass that checks a draft makes the next one too, wherever it will have to begin.',
  },
];
