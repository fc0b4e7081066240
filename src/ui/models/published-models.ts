/** Models that their authors published as checkpoints of one shape. */
export interface PublishedModels {
  readonly name: string;
  /** What they do. */
  readonly about: string;
  /** Numbers that are stored. */
  readonly parameters: number;
  /** Of the weights, as they are fetched. */
  readonly bytes: number;
  readonly licence: string;
  /** What came of it where we ran the real weights; null where nobody of us has. */
  readonly ran: string | null;
  /** On Hugging Face, and how each differs from the others. */
  readonly repositories: readonly { readonly repository: string; readonly label: string }[];
}

const APACHE = 'Apache-2.0';

/** One of its kind. */
const one = (repository: string) => [{ repository, label: 'Open' }];

export const PUBLISHED_MODELS: readonly PublishedModels[] = [
  {
    name: 'BD3-LM',
    about: 'The models from the block diffusion paper. They continue English text.',
    parameters: 169_627_218,
    bytes: 678_508_872,
    licence: APACHE,
    ran: null,
    repositories: [4, 8, 16].map((size) => ({
      repository: `kuleshov-group/bd3lm-owt-block_size${size}`,
      label: `Blocks of ${size}`,
    })),
  },
  {
    name: 'Qwen3 0.6B by dLLM',
    about: 'Answers questions, in blocks of 32.',
    parameters: 751_632_384,
    bytes: 1_503_264_768,
    licence: APACHE,
    ran: null,
    repositories: one('dllm-hub/Qwen3-0.6B-diffusion-bd3lm-v0.1'),
  },
  {
    name: 'TIDE',
    about: 'The same network, taught by a larger diffusion model.',
    parameters: 751_632_384,
    bytes: 1_503_264_768,
    licence: APACHE,
    ran: null,
    repositories: [
      'LLaDA2-TIDE_Cross',
      'LLaDA2-TIDE_Shared',
      'LLaDA2-CALM',
      'WeDLM-TIDE_Shared',
      'WeDLM-TIDE_Cross',
      'WeDLM-KL',
    ].map((variant) => ({ repository: `TIDE-dllm/distill-${variant}`, label: variant.replace('_', ' ') })),
  },
  {
    name: 'Qwen2.5 Coder 0.5B by dLLM',
    about: 'Answers questions and writes code, in blocks of 32.',
    parameters: 630_167_424,
    bytes: 1_260_334_848,
    licence: APACHE,
    ran: null,
    repositories: one('dllm-hub/Qwen2.5-Coder-0.5B-Instruct-diffusion-bd3lm-v0.1'),
  },
  {
    name: 'SDAR 1.7B Chat',
    about: 'Answers questions.',
    parameters: 2_031_739_904,
    bytes: 4_063_479_808,
    licence: APACHE,
    ran: null,
    repositories: [
      ...['', '-b8', '-b16', '-b32', '-b64'].map((suffix) => ({
        repository: `JetLM/SDAR-1.7B-Chat${suffix}`,
        label: `Blocks of ${suffix.slice(2) || 4}`,
      })),
      { repository: 'yuezhouhu/SeqD-SDAR-1.7B', label: 'SeqD' },
    ],
  },
  {
    name: 'Fast-dLLM v2 1.5B',
    about: 'Answers questions, in blocks of 32.',
    parameters: 1_543_714_304,
    bytes: 3_087_428_608,
    licence: APACHE,
    ran: null,
    repositories: one('Efficient-Large-Model/Fast_dLLM_v2_1.5B'),
  },
  {
    name: 'SmolLM2 135M Instruct',
    about: 'One token after another, for comparison.',
    parameters: 134_515_008,
    bytes: 269_030_016,
    licence: APACHE,
    ran: 'the same 64 tokens as in Transformers',
    repositories: one('HuggingFaceTB/SmolLM2-135M-Instruct'),
  },
  {
    name: 'Qwen2.5 0.5B Instruct',
    about: 'One token after another, for comparison.',
    parameters: 494_032_768,
    bytes: 988_065_536,
    licence: APACHE,
    ran: null,
    repositories: one('Qwen/Qwen2.5-0.5B-Instruct'),
  },
  {
    name: 'Qwen3 0.6B',
    about: 'One token after another, for comparison.',
    parameters: 751_632_384,
    bytes: 1_503_264_768,
    licence: APACHE,
    ran: null,
    repositories: one('Qwen/Qwen3-0.6B'),
  },
];
