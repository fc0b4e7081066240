/** The URL of a file of a folder on a server. The folder's query, which may be what lets a person in, stays. */
export function fileUrl(path: string, folderUrl: string): URL {
  const url = new URL(path, folderUrl);
  url.search = new URL(folderUrl).search;
  return url;
}

/** A URL as people are shown it: without its query, which may hold a secret. */
export function shownUrl({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}
