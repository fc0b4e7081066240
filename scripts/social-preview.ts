import type { HtmlTagDescriptor, Plugin } from 'vite';

/** 1,200 × 630 pixels; scripts/record-page.mjs makes it. */
export const PREVIEW_IMAGE = 'preview.png';

const TITLE = 'Unmask: stories out of noise, block by block';
const DESCRIPTION =
  'A language model that runs in your browser and uncovers whole blocks of words out of noise, in any order. Watch it write.';

/**
 * What a link to the page shows where it is posted. The networks want whole addresses: the environment variable
 * `UNMASK_SITE_URL` names the site's, such as `https://example.org/unmask/`. Without it the image's is relative, which
 * some of them understand.
 */
export function socialPreview(siteUrl = process.env.UNMASK_SITE_URL): Plugin {
  const site = siteUrl ? new URL(siteUrl.replace(/\/*$/, '/')).href : null;
  const image = site ? new URL(PREVIEW_IMAGE, site).href : `./${PREVIEW_IMAGE}`;
  const properties: Record<string, string> = {
    'og:type': 'website',
    'og:site_name': 'Unmask',
    'og:title': TITLE,
    'og:description': DESCRIPTION,
    ...(site && { 'og:url': site }),
    'og:image': image,
    'og:image:width': '1200',
    'og:image:height': '630',
    'og:image:alt': 'A story in Unmask: the first words stand, the next block is half uncovered out of noise.',
  };
  const tags = Object.entries(properties).map(
    ([property, content]): HtmlTagDescriptor => ({ tag: 'meta', attrs: { property, content }, injectTo: 'head' }),
  );
  const card = {
    tag: 'meta',
    attrs: { name: 'twitter:card', content: 'summary_large_image' },
    injectTo: 'head',
  } as const;
  return {
    name: 'social-preview',
    transformIndexHtml: (_html, { filename }) => (filename.endsWith('index.html') ? [...tags, card] : []),
  };
}
