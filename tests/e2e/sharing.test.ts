import { readFile, writeFile } from 'node:fs/promises';
import type { Download, Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocksInNode, blocksOfRun } from './blocks-in-node';
import { openSite, type Site } from './site';
import { StoryPage } from './story-page';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

/** What a visitor with this address sees, whose own settings are others. */
function follow(link: string): Promise<StoryPage> {
  const other = { title: 'Elsewhere', seeds: 'new each time', seed: 99, temperature: 0.2, maxTokens: 64 } as const;
  return StoryPage.open({ ...site, url: link }, other);
}

/** Does something in the sheet behind Share, and closes that. */
async function inShareSheet<T>(visit: StoryPage, act: (sheet: Locator) => Promise<T>): Promise<T> {
  await visit.page.getByRole('button', { name: 'Share' }).click();
  const sheet = visit.page.getByRole('dialog', { name: 'Share' });
  const result = await act(sheet);
  await visit.page.keyboard.press('Escape');
  await sheet.waitFor({ state: 'detached' });
  return result;
}

async function copied(visit: StoryPage, button: string): Promise<string> {
  await visit.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  return inShareSheet(visit, async (sheet) => {
    await sheet.getByRole('button', { name: button }).click();
    await sheet.getByRole('button', { name: 'Copied' }).waitFor();
    return visit.page.evaluate(() => navigator.clipboard.readText());
  });
}

/** The run as a file, from the sheet behind Share. */
function savedRun(visit: StoryPage): Promise<{ name: string; bytes: Buffer }> {
  return inShareSheet(visit, () => saved(visit, 'Save run'));
}

/** The bytes of the file that a button saves. */
async function saved(visit: StoryPage, button: string): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([
    visit.page.waitForEvent('download') as Promise<Download>,
    visit.page.getByRole('button', { name: button }).click(),
  ]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

async function open(visit: StoryPage, content: Buffer | string): Promise<void> {
  const buffer = Buffer.from(content);
  await visit.page
    .locator('input[type="file"]')
    .setInputFiles({ name: 'unmask-run.json', mimeType: 'application/json', buffer });
}

test('the address is a link: a fresh visitor with other settings gets the same text, token by token', async () => {
  const writer = await StoryPage.open(site, { title: 'The Fox & the Moon', temperature: 1, blockSize: 4 });
  await writer.reaches('finished');
  const text = await writer.text();
  const link = await copied(writer, 'Copy link');
  expect(link).toBe(writer.page.url());
  expect(link).toMatch(
    /#write\?title=The\+Fox\+%26\+the\+Moon&policy=first-hitting&block=4&t=1&length=32&seed=7&model=[0-9a-f]{12}&on=wasm$/,
  );
  expect(await copied(writer, 'Copy text')).toContain(text.trim().slice(-20));
  const ids = JSON.parse((await savedRun(writer)).bytes.toString()).blocks;
  await writer.close();

  const reader = await follow(link);
  await reader.reaches('finished');
  expect(await reader.text()).toBe(text);
  expect(JSON.parse((await savedRun(reader)).bytes.toString()).blocks).toEqual(ids);
  expect(await reader.page.locator('.share-notice').textContent()).toBe('');
  // The seed was the link's for one text.
  await reader.write();
  expect(await reader.text()).not.toBe(text);
  expect(reader.page.url()).not.toBe(link);
  await reader.close();
});

test('a seed writes the ids in Chromium that it writes in Node', async () => {
  const visit = await StoryPage.open(site);
  await visit.reaches('finished');
  const { bytes } = await savedRun(visit);
  expect(blocksOfRun(bytes.toString())).toEqual(await blocksInNode());
  await visit.close();
});

test('a link from another model says that the text may differ; one that is pasted on the open page is followed', async () => {
  const visit = await follow(`${site.url}#write?title=Rain&length=16&seed=5&model=ffffffffffff&on=wasm`);
  await visit.reaches('finished');
  expect(await visit.page.locator('.share-notice').textContent()).toContain('another version of the model');
  await visit.page.evaluate(() => {
    location.hash = '#write?title=Snow&length=16&seed=6&on=webgpu-apple-metal-3';
  });
  await visit.page.getByRole('heading', { name: 'Snow' }).waitFor();
  await visit.reaches('finished');
  expect(await visit.page.locator('.share-notice').textContent()).toContain(
    'made on a GPU (apple-metal-3); here the model runs on the CPU',
  );
  // A broken link is a link with defaults.
  const broken = await follow(`${site.url}#write?title=%E0%A4%A&seed=-1&t=hot&block=1e9&length=16&x=%00`);
  await broken.reaches('finished');
  await broken.close();
  await visit.close();
});

test('another text adds to the history; Back and Forward go between them; a link leaves one’s own settings alone', async () => {
  const visit = await follow(`${site.url}#write?title=Rain&length=32&t=1.5&p=1&seed=5`);
  await visit.reaches('finished');
  const { page } = visit;
  const first = await visit.text();
  await page.getByRole('button', { name: 'Another', exact: true }).click();
  await visit.reaches('starting', 'writing');
  await visit.reaches('finished');
  const second = await visit.text();
  expect(second).not.toBe(first);
  expect(await page.getByRole('heading', { name: 'Rain' }).isVisible()).toBe(true);
  await page.goBack();
  await expect.poll(() => visit.text()).toBe(first);
  await page.goForward();
  await expect.poll(() => visit.text()).toBe(second);
  const title = page.getByLabel('Title', { exact: true });
  expect(await title.inputValue()).toBe('Elsewhere');
  await page.goBack();
  await page.getByRole('button', { name: 'Use this text’s settings' }).click();
  expect(await title.inputValue()).toBe('Rain');
  await visit.close();
});

test('the run is saved as a video that knows how long it is, MP4 first where the browser makes it, and that can be called off', async () => {
  const visit = await StoryPage.open(site, { maxTokens: 16, blockSize: 16, policy: 'confidence', steps: 4 });
  await visit.reaches('finished');
  const { page } = visit;
  const opener = page.getByRole('button', { name: 'Share' });
  await opener.click();
  const sheet = page.getByRole('dialog', { name: 'Share' });
  // The moving picture comes first, and moves.
  const picture = sheet.getByRole('img', { name: 'The video' });
  const pixels = () => picture.evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL().length);
  const first = await pixels();
  await expect.poll(pixels).not.toBe(first);
  // Long enough to be called off.
  await sheet.getByLabel('Speed').selectOption('0.1');
  await sheet.getByRole('button', { name: 'Save video' }).click();
  await sheet.getByRole('progressbar').waitFor();
  await sheet.getByRole('button', { name: 'Cancel' }).click();
  await sheet.getByText('Cancelled.').waitFor();
  await sheet.getByLabel('Speed').selectOption('4');
  const isMp4 = await page.evaluate(async () => {
    const config = { codec: 'avc1.42001f', width: 1280, height: 720, bitrate: 4e6, framerate: 30 };
    return (await VideoEncoder.isConfigSupported(config)).supported;
  });
  const expected = isMp4 ? ['mp4', 'webm'] : ['webm'];
  const said = (await sheet.getByText(/^The video is \d+ seconds long/).textContent()) ?? '';
  for (const [index, extension] of expected.entries()) {
    if (index > 0) await sheet.getByLabel('Format').selectOption({ index });
    const { name, bytes } = await saved(visit, 'Save video');
    expect(name).toBe(`unmask-the-lost-kite.${extension}`);
    if (process.env.PICTURES) await writeFile(`${process.env.PICTURES}/${name}`, bytes);
    expect(bytes.length).toBeGreaterThan(10_000);
    // The magic number of Matroska, which WebM is, and the first box of MP4.
    const magic = extension === 'webm' ? bytes.subarray(0, 4).toString('hex') : bytes.subarray(4, 8).toString();
    expect(magic).toBe(extension === 'webm' ? '1a45dfa3' : 'ftyp');
    await sheet.locator('.video [role=status]', { hasText: `Saved as ${name}.` }).waitFor();
    // What there is to know of an MP4 stands before its pictures, so that it plays while it comes.
    if (extension === 'mp4') expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
    const { seconds, size, inked } = await watched(bytes, `video/${extension}`);
    expect(Math.abs(seconds - Number(/\d+/.exec(said)?.[0]))).toBeLessThan(1);
    expect(size).toEqual([1280, 720]);
    // The text is on its last picture, and takes a few per cent of it.
    expect(inked).toBeGreaterThan(0.005);
    expect(inked).toBeLessThan(0.3);
  }
  if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/video.png` });
  await page.keyboard.press('Escape');
  await sheet.waitFor({ state: 'detached' });
  expect(await opener.evaluate((button) => button === document.activeElement)).toBe(true);
  await visit.close();
});

test('a saved run opens in another visit without computing, with its timeline; a broken file changes nothing', async () => {
  const writer = await StoryPage.open(site, { title: 'Two Moons' });
  await writer.reaches('finished');
  await writer.writesFrom(() => writer.page.getByRole('button', { name: 'Continue' }).click());
  const text = await writer.text();
  const steps = await writer.timeline.getAttribute('max');
  await inShareSheet(writer, async (sheet) => {
    await sheet.getByRole('button', { name: 'Copy link' }).click();
    await sheet.getByText('only in a saved run').waitFor();
  });
  const { name, bytes } = await savedRun(writer);
  expect(name).toBe('unmask-two-moons.json');
  await writer.close();

  const reader = await StoryPage.open(site, { title: 'Elsewhere', maxTokens: 16 });
  await reader.reaches('finished');
  await open(reader, bytes);
  await reader.page.getByText('Opened from a file').waitFor();
  expect(await reader.text()).toBe(text);
  expect(await reader.timeline.getAttribute('max')).toBe(steps);
  await reader.timeline.press('Home');
  expect(await reader.masks()).toBeGreaterThan(0);
  await reader.timeline.press('End');

  await open(reader, bytes.toString().replace('"promptTokens":', '"promptTokens":-'));
  await reader.alert.waitFor();
  expect(await reader.alert.textContent()).toContain('“promptTokens” must be a whole number');
  expect(await reader.text()).toBe(text);
  await reader.alert.getByRole('button', { name: 'Close' }).click();
  expect(await reader.alert.count()).toBe(0);

  // Dropping does the same as choosing.
  const data = await reader.page.evaluateHandle((content) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([content], 'unmask-run.json'));
    return transfer;
  }, 'not a run');
  await reader.page.dispatchEvent('.reading', 'drop', { dataTransfer: data });
  await reader.alert.waitFor();
  expect(await reader.alert.textContent()).toContain('it is not JSON');
  await reader.close();
});

/** A video as a browser shows it: its length before any of it was played, and how much of its last picture is no ground. */
async function watched(bytes: Buffer, type: string): Promise<{ seconds: number; size: number[]; inked: number }> {
  const page = await site.browser.newPage();
  const seen = await page.evaluate(
    async ({ base64, type }) => {
      const video = document.createElement('video');
      const blob = new Blob([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))], { type });
      video.src = URL.createObjectURL(blob);
      await new Promise((resolve, reject) => {
        video.addEventListener('loadedmetadata', resolve);
        video.addEventListener('error', reject);
      });
      const { duration: seconds, videoWidth: width, videoHeight: height } = video;
      // In one of a hundred seeks of a busy Chromium there was nothing to draw at `seeked` yet.
      await new Promise<void>((resolve, reject) => {
        const look: VideoFrameRequestCallback = (_now, { mediaTime }) => {
          if (mediaTime > seconds - 0.2) resolve();
          else video.requestVideoFrameCallback(look);
        };
        video.requestVideoFrameCallback(look);
        video.addEventListener('error', reject);
        video.currentTime = seconds - 0.05;
      });
      const context = new OffscreenCanvas(width, height).getContext('2d')!;
      context.drawImage(video, 0, 0);
      const { data } = context.getImageData(0, 0, width, height);
      let inked = 0;
      for (let at = 0; at < data.length; at += 4) if (Math.abs(data[at + 1]! - data[1]!) > 60) inked++;
      return { seconds, size: [width, height], inked: inked / (width * height) };
    },
    { base64: bytes.toString('base64'), type },
  );
  await page.close();
  return seen;
}
