import type { SiteUpdate } from './site-update';

/** How long a first visit may wait for the service worker before the page goes on without it. */
const LIMIT_MS = 10_000;

/** Remembers, for the tab, that a reload was tried. */
const TRIED = 'unmask.isolation-tried';

/**
 * Has the service worker take the page over, so that the files loaded from then on are kept and the page
 * is cross-origin isolated. Settles when the model can be loaded. Never throws: without a service worker
 * the page works, with the network and on one thread.
 *
 * A page is isolated from its first byte or never. So where the host sends no headers the first visit
 * reloads once, as soon as the worker would send them; unless the person has begun to use the page.
 */
export async function startOffline(update: SiteUpdate): Promise<void> {
  const serviceWorker = serviceWorkers();
  // The development server changes files as they are asked for.
  if (!import.meta.env.PROD || !serviceWorker) return;
  const registering = serviceWorker.register('service-worker.js', { updateViaCache: 'none' });
  void registering.then((registration) => update.watch(registration)).catch(() => {});
  if (!serviceWorker.controller) {
    const isUsed = watchUse();
    const isTaken = registering.then(taken).catch(() => false);
    const isLate = new Promise<false>((resolve) => setTimeout(resolve, LIMIT_MS, false));
    if ((await Promise.race([isTaken, isLate])) && !crossOriginIsolated && !isUsed() && isFirstTry()) {
      location.reload();
      await new Promise(() => {});
    }
  }
  if (crossOriginIsolated) forgetTry();
}

/** Undefined where there can be none: pages of plain http lack them, and reading them throws in a sandboxed frame. */
function serviceWorkers(): ServiceWorkerContainer | undefined {
  try {
    return navigator.serviceWorker;
  } catch {
    return undefined;
  }
}

/** Settles once the worker of a registration answers for the page, or has failed to. */
function taken(registration: ServiceWorkerRegistration): Promise<boolean> {
  const { installing, active } = registration;
  return new Promise((resolve) => {
    // Active, and the page is not its own: so it is after a reload that skips every cache.
    if (active?.state === 'activated') resolve(true);
    const worker = active ?? installing;
    worker?.addEventListener('statechange', () => {
      if (worker.state === 'activated') resolve(true);
      if (worker.state === 'redundant') resolve(false);
    });
  });
}

/** Tells whether the person has typed or pressed anything since. */
function watchUse(): () => boolean {
  let used = false;
  for (const type of ['input', 'click']) {
    addEventListener(
      type,
      () => {
        used = true;
      },
      { once: true },
    );
  }
  return () => used;
}

/** Where the tab cannot remember there is no reload, since it might be one without end. */
function isFirstTry(): boolean {
  try {
    if (sessionStorage.getItem(TRIED)) return false;
    sessionStorage.setItem(TRIED, 'yes');
    return true;
  } catch {
    return false;
  }
}

function forgetTry(): void {
  try {
    sessionStorage.removeItem(TRIED);
  } catch {}
}
