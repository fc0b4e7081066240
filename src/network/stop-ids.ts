import type { CheckpointFacts } from './family';
import type { ConfigFields } from './fields';

/** What ends a text as transformers has it: generation_config.json's word, else the config's, else the tokenizer's. */
export function stopIdsOf(fields: ConfigFields, facts: CheckpointFacts, vocabSize: number): readonly number[] {
  return firstNamed([facts.generationEosIds, fields.ids('eos_token_id', vocabSize), facts.eosIds]);
}

/** The same for samplers that end at the config's EOS alone, whatever generation_config.json adds to it. */
export function ownStopIdsOf(fields: ConfigFields, facts: CheckpointFacts, vocabSize: number): readonly number[] {
  return firstNamed([fields.ids('eos_token_id', vocabSize), facts.generationEosIds, facts.eosIds]);
}

/** Every one that any file names, for a family without a rule of its own. */
export function allStopIds(fields: ConfigFields, facts: CheckpointFacts, vocabSize: number): readonly number[] {
  return [...new Set([...facts.eosIds, ...facts.generationEosIds, ...fields.ids('eos_token_id', vocabSize)])];
}

function firstNamed(lists: readonly (readonly number[])[]): readonly number[] {
  return lists.find((ids) => ids.length > 0) ?? [];
}
