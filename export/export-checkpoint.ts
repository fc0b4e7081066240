import { FORMAT_VERSION, type Manifest, MODEL_FILES, type WeightDtype } from '../src/weights/manifest';
import { constantCondition } from './adaln';
import { bd3lmConditionSize, bd3lmModelConfig } from './bd3lm-config';
import { bd3lmShapes, checkRope, checkTensors, tensorReader } from './bd3lm-tensors';
import { bd3lmWeights } from './bd3lm-weights';
import { openCheckpoint } from './checkpoint';
import { ModelFolderWriter, WEIGHTS, WEIGHTS_GRAPH } from './model-folder';
import { modelGraph } from './model-graph';
import { weightsGraph } from './weights-graph';

/**
 * Writes a model folder from a BD3-LM checkpoint folder and returns its manifest. A model that is there
 * already is replaced once all is well, and stays as it was otherwise. Throws `bad-model`.
 */
export async function exportCheckpoint(from: string, to: string, dtype: WeightDtype): Promise<Manifest> {
  const checkpoint = await openCheckpoint(from);
  const folder = await ModelFolderWriter.open(to);
  try {
    const config = bd3lmModelConfig(checkpoint);
    const conditionSize = bd3lmConditionSize(checkpoint);
    const shapes = bd3lmShapes(config, conditionSize);
    checkTensors(checkpoint.tensors, shapes);
    await checkRope(checkpoint.tensors, config);
    const read = tensorReader(checkpoint.tensors);
    const condition = conditionSize === null ? null : await constantCondition(read);

    const places = await folder.addWeights(bd3lmWeights(read, config, condition), config, dtype);
    await folder.add(WEIGHTS_GRAPH, weightsGraph(places));
    await folder.add(MODEL_FILES.modelGraph, modelGraph(config, dtype, places));
    await folder.add(MODEL_FILES.config, json(config));
    for (const [name, bytes] of checkpoint.tokenizerFiles) await folder.add(name, bytes);
    const manifest: Manifest = {
      formatVersion: FORMAT_VERSION,
      id: folder.id,
      name: titleOf(checkpoint.card) ?? folder.id,
      licence: licenceOf(checkpoint.card) ?? 'unknown',
      parameters: [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b), 0),
      dtype,
      weights: [{ graph: WEIGHTS_GRAPH, files: [WEIGHTS] }],
      files: folder.files,
    };
    await folder.publish(json(manifest), checkpoint.card);
    return manifest;
  } finally {
    await folder.close();
    await checkpoint.close();
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The first heading of a model card. */
function titleOf(card: string | null): string | undefined {
  return card?.match(/^# +(.+?) *$/m)?.[1];
}

/** `license` in the card's front matter, as Hugging Face has it. */
function licenceOf(card: string | null): string | undefined {
  return card?.match(/^---\n[\s\S]*?^license: *(.+?) *$[\s\S]*?^---$/m)?.[1];
}
