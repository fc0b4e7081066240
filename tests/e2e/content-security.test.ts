import type { Request } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isolated } from '../../src/offline/isolated';
import { PlainHost } from './plain-host';
import { FOLDER, openSite, type Site } from './site';
import { StoryPage } from './story-page';

/** What a page or a worker would not let happen: the directive, and what it was about. */
type Violation = readonly [directive: string, blocked: string];

declare global {
  /** Set by the tests, in the page and in the worker. */
  var violations: Violation[];
  var harm: string[];
}

/** No name that resolves, should a request leave in spite of all. */
const ELSEWHERE = 'http://elsewhere.invalid';

// A host that sends no headers: what the tests find, the page and its service worker bring themselves.
const host = new PlainHost(FOLDER, '/unmask/');
let site: Site;
let visitor: StoryPage;
/** Every request of the browser, the workers' and the service worker's too. */
const requested: Request[] = [];

beforeAll(async () => {
  site = await openSite();
  await host.start();
  visitor = await StoryPage.openWithServiceWorker({ browser: site.browser, url: host.url }, {}, async (page) => {
    page.context().on('request', (request) => requested.push(request));
    await page.addInitScript(recordViolations);
  });
  await visitor.reaches('finished');
});
afterAll(async () => {
  await visitor.page.context().close();
  await host.stop();
  await site.close();
});

test('a text is written with no request to another origin, and nothing that the policy forbids', async () => {
  expect(await visitor.text()).not.toBe('');
  expect(await visitor.page.evaluate(() => crossOriginIsolated)).toBe(true);
  expect(await visitor.page.evaluate(() => violations)).toEqual([]);
  const urls = requested.map((request) => request.url());
  const own = (url: string) => url.startsWith(host.url) || url.startsWith('data:') || url.startsWith('blob:');
  expect(urls.some((url) => url.endsWith('model.safetensors'))).toBe(true);
  expect(urls.filter((url) => !own(url))).toEqual([]);
  expect(visitor.complaints).toEqual([]);
});

test('nothing that the policy forbids on a GPU, either', async () => {
  const settings = { backend: 'webgpu', maxTokens: 8 } as const;
  const other = await StoryPage.openWithServiceWorker({ browser: site.browser, url: host.url }, settings, (page) =>
    page.addInitScript(recordViolations),
  );
  // The weights are on it then; to write takes a software GPU long.
  await other.reaches('writing', 'finished');
  expect(await other.page.evaluate(() => violations)).toEqual([]);
  expect(await other.page.locator('[data-fact="backend"]').textContent()).toMatch(/webgpu/i);
  await other.close();
});

test('the page runs no script that is not its own, shows nothing and sends nothing elsewhere', async () => {
  const { page } = visitor;
  await page.evaluate(attack, ELSEWHERE);
  await page.waitForFunction((count) => violations.length >= count, EXPECTED.length);
  const found = await page.evaluate(() => violations);
  for (const [directive, blocked] of EXPECTED) expect(found).toContainEqual([directive, blocked]);
  expect(await page.evaluate(() => harm)).toEqual([]);
  expect(await page.evaluate(() => document.baseURI)).toBe(page.url());
  expect(sentElsewhere()).toEqual([]);
  // And it goes on: what was tried changed nothing of it.
  await visitor.write();
  // Last, since a browser under test waits for where it leads.
  await page.evaluate((action) => {
    const form = Object.assign(document.createElement('form'), { action, method: 'post' });
    document.body.append(form);
    form.submit();
  }, `${ELSEWHERE}/form`);
  await page.waitForFunction(() => violations.some(([directive]) => directive === 'form-action'));
});

test('nor does its worker', async () => {
  const worker = visitor.page.workers().find((worker) => worker.url().includes('/worker-'))!;
  const outcome = await worker.evaluate(attackFromWorker, ELSEWHERE);
  expect(outcome).toEqual({ eval: 'EvalError', Function: 'EvalError', fetch: 'TypeError', worker: 'error' });
  expect(sentElsewhere()).toEqual([]);
});

test('workers have the policy of the page, as far as it is theirs', async () => {
  const meta = await visitor.page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  const ofPage = meta!.split('; ');
  expect(ofPage.length).toBeGreaterThan(8);
  const answer = isolated({ destination: 'worker' } as globalThis.Request, new Response(''));
  const ofWorker = answer.headers.get('Content-Security-Policy')!.split('; ');
  expect(ofPage).toEqual(expect.arrayContaining(ofWorker));
  expect(isolated({ destination: 'script' } as globalThis.Request, answer)).toBe(answer);
});

test.each([
  `#write?seed=1&title=${encodeURIComponent('<img src=x onerror=harm.push(1)>')}&length=16`,
  `#write?seed=javascript:harm.push(1)&text=${encodeURIComponent('</script><script>harm.push(1)</script>')}&length=16`,
  `#write?seed=${'9'.repeat(5000)}&length=1e308&block=-1&steps=NaN&__proto__=1&on="><svg onload=harm.push(1)>&%E0%A4%A=%`,
])('a shared address is text and nothing else, number %#', async (hash) => {
  const { page } = visitor;
  await page.goto('about:blank');
  await page.goto(host.url + hash);
  await page.waitForSelector('article.story', { timeout: 20_000 });
  expect(await page.evaluate(() => [harm, violations])).toEqual([[], []]);
  expect(await page.locator('img[src="x"], svg[onload]').count()).toBe(0);
});

/** What left the browser for another host. A request that the policy stopped is told of as well, with that reason. */
function sentElsewhere(): string[] {
  const others = requested.filter((request) => request.url().startsWith(ELSEWHERE));
  return others.filter((request) => request.failure()?.errorText !== 'csp').map((request) => request.url());
}

/** Runs in the page before its own scripts. */
function recordViolations(): void {
  globalThis.violations = [];
  globalThis.harm = [];
  addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
    violations.push([effectiveDirective, blockedURI]);
  });
}

const EXPECTED: readonly Violation[] = [
  ['script-src-elem', 'inline'],
  ['script-src-attr', 'inline'],
  ['script-src', 'eval'],
  ['script-src-elem', `${ELSEWHERE}/script.js`],
  ['script-src-elem', 'blob'],
  ['worker-src', 'data'],
  ['style-src-elem', 'inline'],
  ['img-src', `${ELSEWHERE}/image.png`],
  ['connect-src', `${ELSEWHERE}/fetch`],
  ['connect-src', 'ws://elsewhere.invalid/socket'],
  ['frame-src', ELSEWHERE],
  ['object-src', ELSEWHERE],
  ['media-src', `${ELSEWHERE}/video.mp4`],
  ['base-uri', `${ELSEWHERE}/`],
];

/** What a script or markup that got into the page might try. Timers, since the evaluation itself may eval. */
function attack(elsewhere: string): void {
  const add = <T extends keyof HTMLElementTagNameMap>(tag: T, properties: object): HTMLElementTagNameMap[T] => {
    const element = Object.assign(document.createElement(tag), properties);
    document.body.append(element);
    return element;
  };
  add('script', { textContent: 'harm.push("inline script")' });
  const button = add('button', {});
  button.setAttribute('onclick', 'harm.push("attribute")');
  button.click();
  button.remove();
  setTimeout(() => {
    for (const source of ['harm.push("eval")', 'harm.push("function")']) {
      try {
        // biome-ignore lint/security/noGlobalEval: it must not work
        if (source.includes('eval')) globalThis.eval(source);
        else new Function(source)();
      } catch {}
    }
  });
  add('script', { src: `${elsewhere}/script.js` });
  add('script', { src: URL.createObjectURL(new Blob(['harm.push("blob")'], { type: 'text/javascript' })) });
  try {
    new Worker('data:text/javascript,postMessage(1)').onmessage = () => harm.push('worker');
  } catch {}
  add('style', { textContent: 'body { display: none }' }).remove();
  add('img', { src: `${elsewhere}/image.png` }).remove();
  fetch(`${elsewhere}/fetch`).then(
    () => harm.push('fetch'),
    () => {},
  );
  try {
    new WebSocket('ws://elsewhere.invalid/socket').onopen = () => harm.push('socket');
  } catch {}
  add('iframe', { src: `${elsewhere}/frame` });
  add('object', { data: `${elsewhere}/object` });
  add('video', { src: `${elsewhere}/video.mp4` });
  document.head.append(Object.assign(document.createElement('base'), { href: `${elsewhere}/` }));
  for (const element of document.querySelectorAll('body > :is(script, iframe, object, video)')) {
    if (!element.getAttribute('src')?.startsWith('./')) setTimeout(() => element.remove(), 500);
  }
}

/** The same in a worker, which does not have the policy of the page. */
async function attackFromWorker(elsewhere: string): Promise<Record<string, unknown>> {
  const outcome = (attempt: () => unknown) =>
    new Promise<string>((resolve) => {
      setTimeout(async () => {
        try {
          await attempt();
          resolve('it worked');
        } catch (error) {
          resolve((error as Error).name);
        }
      });
    });
  return {
    // biome-ignore lint/security/noGlobalEval: it must not work
    eval: await outcome(() => globalThis.eval('1 + 1')),
    Function: await outcome(() => new Function('return 1')()),
    fetch: await outcome(() => fetch(`${elsewhere}/fetch`)),
    worker: await new Promise((resolve) => {
      const worker = new Worker('data:text/javascript,postMessage(1)');
      worker.onmessage = () => resolve('it worked');
      worker.onerror = () => resolve('error');
    }),
  };
}
