/**
 * The service worker: it keeps the site for use without a network, and isolates the page on hosts that
 * send no headers. `scripts/service-worker-build.ts` builds it, last of all, for the files of one build.
 *
 * The shell (the page, its scripts, styles and icons, and the model's manifest) is fetched whole before
 * the worker comes into use, and answered from then on without asking the server: so all that a page gets
 * is of one build, until the next one is asked for. The runtime's wasm and the model are kept when they
 * are first asked for. Where storage is refused, every answer is the server's.
 */
import { isolated } from './isolated';
import { fetchShell, findKept, forgetOldFiles, keepLarge, keepShell } from './kept-files';
import type { FetchEvent, ServiceWorkerScope } from './service-worker-scope';

const PAGE = './';
const worker = self as unknown as ServiceWorkerScope;
const { href: scope, pathname: folder } = new URL('./', location.href);

worker.addEventListener('install', (event) => event.waitUntil(install()));
worker.addEventListener('activate', (event) => {
  event.waitUntil(Promise.all([worker.clients.claim(), forgetOldFiles().catch(() => {})]));
});
worker.addEventListener('message', ({ data }) => {
  if (data === 'activate') void worker.skipWaiting();
});
worker.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || !request.url.startsWith(scope)) return;
  event.respondWith(answer(event).then((response) => isolated(request, response)));
});

/** Throws where a file does not come; then the browser tries again at a later visit. */
async function install(): Promise<void> {
  const shell = await fetchShell();
  // Each visit has the newest page anyway, so there is nothing to offer.
  if (asksServerFirst(shell.get(PAGE))) await worker.skipWaiting();
  await keepShell(shell).catch(() => {});
}

async function answer(event: FetchEvent): Promise<Response> {
  const path = new URL(event.request.url).pathname.slice(folder.length);
  const kept = () => findKept(path === '' || path === 'index.html' ? PAGE : path).catch(() => undefined);
  if (!asksServerFirst(await findKept(PAGE).catch(() => undefined))) {
    return (await kept()) ?? fetchAndKeep(event, path);
  }
  try {
    return await fetchAndKeep(event, path);
  } catch (error) {
    const copy = await kept();
    if (copy) return copy;
    throw error;
  }
}

async function fetchAndKeep(event: FetchEvent, path: string): Promise<Response> {
  const response = await fetch(event.request);
  if (response.ok) event.waitUntil(keepLarge(path, response.clone()).catch(() => {}));
  return response;
}

/**
 * Whether the host wants to be asked before a copy of the page is used. `vite preview` does: what is at
 * its address changes by the minute, and may even be another project.
 */
function asksServerFirst(page: Response | undefined): boolean {
  return /\bno-(cache|store)\b/.test(page?.headers.get('Cache-Control') ?? '');
}
