/**
 * What a service worker's global scope has and TypeScript's DOM library lacks. The library that knows it,
 * `webworker`, gives `self` another type for the whole program.
 */
export interface ServiceWorkerScope {
  readonly registration: ServiceWorkerRegistration;
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: LifeEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<unknown>) => void): void;
}

/** An event that keeps the worker alive, and in its phase of life, until what it waits for is done. */
interface LifeEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}

/** A page, or a worker of a page, asks for something. */
export interface FetchEvent extends LifeEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
