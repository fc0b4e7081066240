import type { DistantPlace } from '../../library/unmask';

/** What to call a model that has not told its name yet. */
export function placeName(place: DistantPlace): string {
  return place.type === 'url' ? shortUrl(place.url) : place.name;
}

/** A URL without what all of them begin and end with, and without its query: its host comes first. */
export function shortUrl(url: string): string {
  return url
    .trim()
    .replace(/^https?:\/\//, '')
    .replace(/\?.*$/, '')
    .replace(/\/(manifest\.json)?$/, '');
}
