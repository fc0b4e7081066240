/** With these a page is cross-origin isolated, and its workers may share memory: wasm runs on threads. */
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/**
 * The policy that the page's own file has, for its workers: they take theirs from the answer that they come with,
 * and not from the page.
 */
const WORKER_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self' https: http://localhost:* http://127.0.0.1:*",
].join('; ');

const PAGES: readonly RequestDestination[] = ['document', 'iframe'];
const WORKERS: readonly RequestDestination[] = ['worker', 'sharedworker'];

/**
 * The answer to a request, with the headers that its host may not have sent. What is neither a page nor a worker
 * passes as it is if it is of the same origin, compiled code included.
 */
export function isolated({ destination }: Request, response: Response): Response {
  const isRedirect = response.status === 0;
  const isWorker = WORKERS.includes(destination);
  if (isRedirect || !(isWorker || PAGES.includes(destination))) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  if (isWorker) headers.set('Content-Security-Policy', WORKER_POLICY);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
