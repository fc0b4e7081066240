import type { HubServer } from '../hub-server';
import type { Site } from './site';
import { StoryPage } from './story-page';

/** A visitor of a page that names a Hub of the tests as its mirror, once the first text is written. */
export async function visitorOf(site: Site, hub: HubServer): Promise<StoryPage> {
  const visit = await StoryPage.open(site, { maxTokens: 16 }, (page) =>
    page.context().route(site.url, async (route) => {
      const response = await route.fetch();
      const meta = `<meta name="unmask-hub" content="${hub.url}"><title>`;
      await route.fulfill({ response, body: (await response.text()).replace('<title>', meta) });
    }),
  );
  visit.page.setDefaultTimeout(30_000);
  await visit.reaches('finished');
  return visit;
}
