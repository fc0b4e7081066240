/** With these a page is cross-origin isolated, and its workers may share memory: wasm runs on threads. */
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** What has a policy of its own. All else from the same origin passes as it is, compiled code included. */
const WITH_POLICY: readonly RequestDestination[] = ['document', 'iframe', 'worker', 'sharedworker'];

/** The answer to a request, with the headers that its host may not have sent. */
export function isolated({ destination }: Request, response: Response): Response {
  const isRedirect = response.status === 0;
  if (isRedirect || !WITH_POLICY.includes(destination)) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
