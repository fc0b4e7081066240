/**
 * The first byte of an answer with this Content-Range. Other origins need not show that header, so without it the
 * answer is taken to be what was asked for, and the file's SHA-256 tells. Null for one that makes no sense.
 */
export function contentRangeStart(contentRange: string | null, asked: number): number | null {
  if (contentRange === null) return asked;
  const start = /^bytes (\d+)-\d+\/(?:\d+|\*)$/.exec(contentRange.trim())?.[1];
  return start === undefined ? null : Number(start);
}
