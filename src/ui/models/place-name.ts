import type { ModelPlace } from '../../worker/protocol';

/** What to call a model that has not told its name yet. */
export function placeName(place: ModelPlace): string {
  switch (place.type) {
    case 'url':
      return shortUrl(place.url);
    case 'folder':
      return place.name;
    case 'embedded':
    case 'kept':
      return 'the model';
    default:
      return place satisfies never;
  }
}

/** A URL without what all of them begin and end with, and without its query: its host comes first. */
export function shortUrl(url: string): string {
  return url
    .trim()
    .replace(/^https?:\/\//, '')
    .replace(/\?.*$/, '')
    .replace(/\/(manifest\.json)?$/, '');
}
