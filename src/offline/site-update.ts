import { createStore } from 'zustand/vanilla';

/** A newer build of the site: fetched and waiting, until the person asks for it or has closed every tab. */
export class SiteUpdate {
  /** Whether there is one. */
  readonly store = createStore(() => ({ offered: false }));
  #registration: ServiceWorkerRegistration | undefined;

  /** Looks out for newer builds: the browser asks at each visit, and this whenever the tab is looked at again. */
  watch(registration: ServiceWorkerRegistration): void {
    this.#registration = registration;
    const look = () => this.#look(registration);
    const follow = (worker: ServiceWorker | null) => worker?.addEventListener('statechange', look);
    registration.addEventListener('updatefound', () => follow(registration.installing));
    follow(registration.installing);
    follow(registration.waiting);
    look();
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') registration.update().catch(() => {});
    });
  }

  /** Reloads the page as the newer build. */
  apply(): void {
    const waiting = this.#registration?.waiting;
    if (!waiting) {
      location.reload();
      return;
    }
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
    waiting.postMessage('activate');
  }

  #look({ waiting }: ServiceWorkerRegistration): void {
    // Without a controller it is the site's first worker, on its way.
    this.store.setState({ offered: waiting !== null && navigator.serviceWorker.controller !== null });
  }
}
