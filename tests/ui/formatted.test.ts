import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import Markdown from '../../src/ui/chat/Markdown';

const rendered = (text: string) => renderToStaticMarkup(createElement(Markdown, { text }));

test('Markdown becomes what it stands for, below the headings of the page', () => {
  const html = rendered('# Kites\n\nThey *fly*:\n\n- high\n- low\n\n| a | b |\n|---|---|\n| 1 | 2 |');
  expect(html).toContain('<h4>Kites</h4>');
  expect(html).toContain('<em>fly</em>');
  expect(html).toMatch(/<li>high\s*<\/li>/);
  expect(html).toMatch(/<td[^>]*>1<\/td>/);
});

test('code keeps its text and can be copied', () => {
  const html = rendered('```html\n<b>&amp;</b>\n```');
  expect(html).toContain('Copy code');
  expect(html).toContain('&lt;b&gt;&amp;amp;&lt;/b&gt;');
});

test.each([
  '<img src=x onerror=alert(1)>',
  '<script>alert(1)</script>',
  '<iframe src="http://evil.test"></iframe>',
  'text <b onclick="alert(1)">bold</b>',
  '<!-- <script>alert(1)</script> -->',
  '<style>* { display: none }</style>',
  '<div>\n\n**a**\n\n</div>',
])('HTML is text: %s', (text) => {
  expect(rendered(text)).not.toMatch(/<(img|script|iframe|b|style)\b/);
});

test.each([
  '[a](javascript:alert(1))',
  '[a](JaVaScRiPt:alert(1))',
  '[a](java\nscript:alert(1))',
  '[a](data:text/html;base64,PHNjcmlwdD4=)',
  '[a](vbscript:x)',
  '[a](&#106;avascript:alert(1))',
  '<javascript:alert(1)>',
  '![a](javascript:alert(1))',
  '[a]: javascript:alert(1)\n\n[a]',
])('no link runs anything: %s', (text) => {
  expect(rendered(text)).not.toMatch(/(href|src)="[^"]*(javascript|data|vbscript):?/i);
});

test('nothing is fetched for a picture: it is a link', () => {
  const html = rendered('![a kite](https://elsewhere.test/kite.png)');
  expect(html).not.toContain('<img');
  expect(html).toContain('<a href="https://elsewhere.test/kite.png" target="_blank" rel="noopener">a kite</a>');
});
