import type { ModelPlace } from './models';

/**
 * Where the stories model is that comes with the package; each file by itself, so that bundlers find them, and none as a
 * data URL, which a content security policy may forbid.
 */
export const stories = (): ModelPlace => ({
  type: 'bundled',
  urls: {
    'manifest.json': new URL('../../public/models/stories/manifest.json?no-inline', import.meta.url).href,
    'config.json': new URL('../../public/models/stories/config.json?no-inline', import.meta.url).href,
    'model.safetensors': new URL('../../public/models/stories/model.safetensors', import.meta.url).href,
    'tokenizer.json': new URL('../../public/models/stories/tokenizer.json', import.meta.url).href,
    'tokenizer_config.json': new URL('../../public/models/stories/tokenizer_config.json?no-inline', import.meta.url)
      .href,
  },
});
