import type { LoadOptions } from './loaded-model';

type OnProgress = LoadOptions['onProgress'];

/**
 * Adds up what the model and the runtime tell of their bytes. Nothing is told on before both have begun: a total that
 * grows would take the bar back.
 */
export function progressSum(onProgress: OnProgress): { readonly model: OnProgress; readonly runtime: OnProgress } {
  const told: { model?: readonly [number, number]; runtime?: readonly [number, number] } = {};
  const part =
    (name: keyof typeof told): OnProgress =>
    (loadedBytes, totalBytes) => {
      told[name] = [loadedBytes, totalBytes];
      const { model, runtime } = told;
      if (model && runtime) onProgress(model[0] + runtime[0], model[1] + runtime[1]);
    };
  return { model: part('model'), runtime: part('runtime') };
}
