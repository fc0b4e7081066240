import type { ConfigFields } from './fields';
import type { ModelConfig } from './model-config';

/** What a checkpoint's other files say about a model, beside its config.json. A model folder keeps it in there. */
export interface CheckpointFacts {
  /** The tokenizer's mask token; null where it names none, or there is no tokenizer. */
  readonly maskId: number | null;
  /** The tokenizer's BOS token; null where it names none. */
  readonly bosId: number | null;
  /** Whether the tokenizer puts BOS before a text by itself. */
  readonly addsBos: boolean;
  /** The tokenizer's EOS tokens, usually one. */
  readonly eosIds: readonly number[];
  /** `eos_token_id` of generation_config.json. */
  readonly generationEosIds: readonly number[];
  /** Whether the head is the embedding: a stored head that differs is used whatever the config says. */
  readonly tiedHead: boolean;
  /** Features within an MLP as its weights have them, for configs that do not say. */
  readonly mlpSize: number | null;
}

/** Reads small tensors of a checkpoint by its own names, as f32 and row-major. */
export type ReadTensor = (name: string) => Float32Array;

/** Numbers computed from small tensors, which are in memory whole. */
export interface Computed {
  /** The tensors that `compute` reads, and their shapes. */
  readonly needs: ReadonlyMap<string, readonly number[]>;
  readonly compute: (read: ReadTensor) => Float32Array;
}

/** Where the numbers of a weight come from in a published checkpoint, by its own names. */
export type Source =
  | { readonly tensor: string }
  /** The rows of these tensors, one after the other. */
  | { readonly stack: readonly { readonly tensor: string; readonly rows: number }[] }
  /** Row 0 of each of these tensors, then row 1, and so on. */
  | { readonly interleave: readonly string[] }
  /** Each row of a tensor (each number of a vector) times its factor. */
  | { readonly tensor: string; readonly rowFactors: Computed }
  | { readonly computed: Computed };

/** A family of models: everything Unmask knows about checkpoints of one or several `model_type`s. */
export interface Family {
  /** As config.json has them. */
  readonly modelTypes: readonly string[];
  /** The Hugging Face repository that a checkpoint without a tokenizer takes it from, by `model_type`, where all use one. */
  readonly tokenizerRepositories: Readonly<Record<string, string>>;
  /** The token that begins and ends a text where no file names another, if the tokenizer has it. */
  readonly endOfText: string | null;
  /** The tensor of the head, and that of the embedding, which it may be; null for a head of its own. */
  readonly head: { readonly tensor: string; readonly embedding: string } | null;
  /** A tensor with a row for each feature within an MLP, for configs that do not say how many those are. */
  readonly mlpTensor: string | null;
  /** The model of a config.json. Throws `bad-model` naming the field that it cannot use. */
  describe(fields: ConfigFields, facts: CheckpointFacts): ModelConfig;
  /** For each weight of `tensorsOf(network)`, by our name. */
  sources(config: ModelConfig, fields: ConfigFields): ReadonlyMap<string, Source>;
  /** Tensors of a checkpoint that no weight comes from, such as stored buffers. */
  isUnused(tensor: string): boolean;
}
