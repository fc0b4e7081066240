/** The files that the service worker keeps. All of it but `fetchShell` throws where storage is refused or full. */

/** The files of a build: the SHA-256 of each by its path under the scope. */
export interface BuildFiles {
  /** The page itself, './', has no hash, since hosts may add to it. */
  readonly shell: Readonly<Record<string, string | null>>;
  readonly runtimes: Readonly<Record<string, string>>;
  /** Another for other files. */
  readonly version: string;
}

/** Put in by `scripts/service-worker-build.ts`. */
declare const BUILD_FILES: BuildFiles;
const build = BUILD_FILES;

const scope = new URL('./', location.href).href;
// Caches belong to the origin, which other sites, and other copies of this one, may share.
const SHELLS = `${scope} shell `;
const SHELL_CACHE = SHELLS + build.version;
const RUNTIME_CACHE = `${scope} runtime`;
const MODEL_CACHE = `${scope} model`;
const MANIFEST = 'manifest.json';

/** A file that is kept when it is first asked for. */
interface LargeFile {
  readonly path: string;
  readonly sha256: string;
  readonly cacheName: string;
}

/** Fetches the whole shell. Throws where a file is missing or of another build. */
export async function fetchShell(): Promise<ReadonlyMap<string, Response>> {
  const files = Object.entries(build.shell).map(async ([path, sha256]): Promise<[string, Response]> => {
    const response = await fetch(path, { cache: 'no-cache' });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return [path, sha256 === null ? response : await checked(response, sha256)];
  });
  return new Map(await Promise.all(files));
}

/** Keeps all of a shell, or nothing of it. */
export async function keepShell(shell: ReadonlyMap<string, Response>): Promise<void> {
  try {
    const cache = await caches.open(SHELL_CACHE);
    await Promise.all([...shell].map(([path, response]) => cache.put(path, response)));
  } catch (error) {
    await caches.delete(SHELL_CACHE);
    throw error;
  }
}

/** What is kept of a path. */
export async function findKept(path: string): Promise<Response | undefined> {
  const shellFile = await findInShell(path);
  if (shellFile) return shellFile;
  const large = (await largeFiles()).find((file) => file.path === path);
  if (large) return (await caches.open(large.cacheName)).match(keyOf(large));
  // The shell before this one: another tab may show its page still, and ask for its scripts.
  return caches.match(path);
}

/** Keeps the answer for a path, if the path is a large file's and the answer is the very file. */
export async function keepLarge(path: string, response: Response): Promise<void> {
  const large = (await largeFiles()).find((file) => file.path === path);
  if (!large) return;
  const file = await checked(response, large.sha256);
  await (await caches.open(large.cacheName)).put(keyOf(large), file);
}

/** Deletes what neither this build nor the one before it has. */
export async function forgetOldFiles(): Promise<void> {
  const shells = (await caches.keys()).filter((name) => name.startsWith(SHELLS));
  await Promise.all(shells.slice(0, -2).map((name) => caches.delete(name)));
  const wanted = new Set((await largeFiles()).map((file) => new URL(keyOf(file), scope).href));
  for (const cacheName of [RUNTIME_CACHE, MODEL_CACHE]) {
    const cache = await caches.open(cacheName);
    const old = (await cache.keys()).filter(({ url }) => !wanted.has(url));
    await Promise.all(old.map((request) => cache.delete(request)));
  }
}

async function findInShell(path: string): Promise<Response | undefined> {
  return (await caches.open(SHELL_CACHE)).match(path);
}

/** The runtimes of this build, and the files of its models as their manifests have them. */
async function largeFiles(): Promise<readonly LargeFile[]> {
  const runtimes = Object.entries(build.runtimes).map(([path, sha256]) => ({ path, sha256, cacheName: RUNTIME_CACHE }));
  const manifests = Object.keys(build.shell).filter((path) => path.endsWith(`/${MANIFEST}`));
  return [...runtimes, ...(await Promise.all(manifests.map(modelFiles))).flat()];
}

async function modelFiles(manifestPath: string): Promise<readonly LargeFile[]> {
  const manifest = await findInShell(manifestPath);
  if (!manifest) return [];
  const { files } = (await manifest.json()) as { files: readonly { path: string; sha256: string }[] };
  const folder = manifestPath.slice(0, -MANIFEST.length);
  return files.map(({ path, sha256 }) => ({ path: folder + path, sha256, cacheName: MODEL_CACHE }));
}

/** The content is part of the key, so that a new file never meets an old one. */
function keyOf({ path, sha256 }: LargeFile): string {
  return `${path}?sha256=${sha256}`;
}

/** The same answer, whole. Throws where its bytes are others than they should be. */
async function checked(response: Response, sha256: string): Promise<Response> {
  const bytes = await response.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (hex !== sha256) throw new Error(`${response.url} has the SHA-256 ${hex} and should have ${sha256}`);
  return new Response(bytes, response);
}
