import type { ModelPlace } from './models';

/** The model that comes with the package; each file by itself, so that bundlers find them. */
export const stories = (): ModelPlace => ({
  type: 'bundled',
  urls: {
    'manifest.json': new URL('../../public/models/stories/manifest.json', import.meta.url).href,
    'config.json': new URL('../../public/models/stories/config.json', import.meta.url).href,
    'model.safetensors': new URL('../../public/models/stories/model.safetensors', import.meta.url).href,
    'tokenizer.json': new URL('../../public/models/stories/tokenizer.json', import.meta.url).href,
    'tokenizer_config.json': new URL('../../public/models/stories/tokenizer_config.json', import.meta.url).href,
  },
});
