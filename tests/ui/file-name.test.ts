import { expect, test } from 'vitest';
import { fileName } from '../../src/ui/share/file-name';
import { newStory } from '../../src/ui/story/story';
import { SETTINGS } from '../worker/scripted-model';

test.each([
  ['The Lost Kite', 'unmask-the-lost-kite.mp4'],
  ['Mina’s café / 100 %', 'unmask-minas-cafe-100.mp4'],
  ['../..', 'unmask.mp4'],
  ['雪の夜', 'unmask-雪の夜.mp4'],
  ['A lighthouse keeper who finds a message in a bottle', 'unmask-a-lighthouse-keeper-who-finds-a.mp4'],
])('the file of %s is %s', (title, name) => {
  expect(fileName(newStory(SETTINGS, { kind: 'Poem', title }), 'mp4')).toBe(name);
});
