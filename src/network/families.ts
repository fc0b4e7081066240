import { UnmaskError } from '../errors';
import { a2d } from './families/a2d';
import { bd3lm } from './families/bd3lm';
import { fastDllm } from './families/fast-dllm';
import { llama } from './families/llama';
import { qwen } from './families/qwen';
import { sdar } from './families/sdar';
import type { CheckpointFacts, Family } from './family';
import { ConfigFields, type JsonObject, shown } from './fields';
import type { ModelConfig } from './model-config';

export const FAMILIES: readonly Family[] = [bd3lm, a2d, sdar, fastDllm, llama, qwen];

/** The field of a model folder's config.json with what the checkpoint's other files said. */
export const FACTS_FIELD = 'unmask';

/** The family of a config.json. Throws `bad-model` for one that is not known, naming those that are. */
export function familyOf(config: JsonObject): Family {
  const family = FAMILIES.find(({ modelTypes }) => modelTypes.includes(config.model_type as string));
  if (family) return family;
  const found = config.model_type === undefined ? 'missing' : shown(config.model_type);
  const known = FAMILIES.flatMap(({ modelTypes }) => modelTypes).join(', ');
  throw new UnmaskError('bad-model', `config.json: model_type is ${found}. Unmask runs ${known}.`);
}

/** The model of a checkpoint's config.json and what its other files say. Throws `bad-model`. */
export function describeModel(config: JsonObject, facts: CheckpointFacts): ModelConfig {
  return familyOf(config).describe(new ConfigFields(config), facts);
}

/** The model of a model folder's config.json, which is not trusted. Throws `bad-model`. */
export function parseModelConfig(config: unknown): ModelConfig {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new UnmaskError('bad-model', 'config.json must be a JSON object. Export the model again.');
  }
  const fields = new ConfigFields(config as JsonObject);
  const facts = fields.object(FACTS_FIELD) ?? fields.refuse(FACTS_FIELD, 'an object: export the model again');
  // A config's vocab_size is checked by its family; ids are held to it there.
  const vocabulary = fields.count('vocab_size', 2 ** 18);
  return describeModel(config as JsonObject, {
    maskId: facts.id('maskId', vocabulary),
    bosId: facts.id('bosId', vocabulary),
    addsBos: facts.flag('addsBos', false),
    eosIds: facts.ids('eosIds', vocabulary),
    generationEosIds: facts.ids('generationEosIds', vocabulary),
    tiedHead: facts.flag('tiedHead', false),
    mlpSize: facts.has('mlpSize') ? facts.count('mlpSize', 2 ** 16) : null,
  });
}
