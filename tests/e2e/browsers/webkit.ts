import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { Builder, By, Capabilities, Key, type WebDriver } from 'selenium-webdriver';
import { TemporaryFolders } from '../../temporary-folders';
import type { DrivenBrowser, DrivenPage } from './driven';

const WINDOW = resolve('tests/e2e/browsers/webkit-window.py');
/** Larger than the window. */
const SCREEN = '-screen 0 1280x960x24';

/** WebKitGTK installs no pages, and says so of what the page's policy allows the others. */
const EXPECTED = /Unrecognized Content-Security-Policy directive 'manifest-src'/;

/** WebKitGTK over its own WebDriver, on a screen that nobody sees. It has one window at a time. */
export async function openWebkit(): Promise<DrivenBrowser> {
  const folders = new TemporaryFolders();
  const port = await freePort();
  // On a terminal, which `script` is, WebKit writes its console line after line. A process group, so that all ends together.
  const driver = ['script', '-qefc', `WebKitWebDriver --port=${port}`, '/dev/null'];
  const server = spawn('xvfb-run', ['-a', '-s', SCREEN, ...driver], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = () => process.kill(-server.pid!);
  process.once('exit', end);
  const url = `http://127.0.0.1:${port}`;
  await answer(`${url}/status`, server);
  const open = async () => {
    const options = { binary: WINDOW, args: [await folders.make()] };
    const capabilities = new Capabilities({ browserName: 'WebKitGTK', 'webkitgtk:browserOptions': options });
    return new Builder().disableEnvironmentOverrides().usingServer(url).withCapabilities(capabilities).build();
  };
  const first = await open();
  const version = (await first.getCapabilities()).getBrowserVersion()!;
  await first.quit();
  return {
    version: `webkitgtk/${version}`,
    open: async () => new WebkitPage(await open(), server),
    close: async () => {
      process.off('exit', end);
      end();
      await once(server, 'exit');
      await folders.remove();
    },
  };
}

class WebkitPage implements DrivenPage {
  readonly #driver: WebDriver;
  readonly #complaints: string[] = [];
  readonly #console: Interface;

  constructor(driver: WebDriver, server: ChildProcess) {
    this.#driver = driver;
    this.#console = createInterface(server.stdout!).on('line', (line) => {
      if (/CONSOLE .*(ERROR|WARN)/.test(line) && !EXPECTED.test(line)) this.#complaints.push(line.trim());
    });
  }

  goTo(url: string): Promise<void> {
    return this.#driver.get(url);
  }

  reload(): Promise<void> {
    return this.#driver.navigate().refresh();
  }

  run<Args extends unknown[], Result>(script: (...args: Args) => Result | Promise<Result>, ...args: Args) {
    return this.#driver.executeScript<Result>(script, ...args);
  }

  async click(xpath: string): Promise<boolean> {
    // Where React takes an element away meanwhile, the driver fails to describe it.
    for (const element of await this.#driver.findElements(By.xpath(xpath)).catch(() => [])) {
      if (!(await element.isDisplayed().catch(() => false))) continue;
      await element.click();
      return true;
    }
    return false;
  }

  type(text: string): Promise<void> {
    return this.#driver.actions().sendKeys(text).perform();
  }

  async press(keys: string): Promise<void> {
    const held = keys.split('+').map(keyNamed);
    const key = held.pop()!;
    const actions = this.#driver.actions();
    for (const each of held) actions.keyDown(each);
    actions.sendKeys(key);
    for (const each of held.reverse()) actions.keyUp(each);
    await actions.perform();
  }

  async picture(path: string): Promise<void> {
    await writeFile(path, Buffer.from(await this.#driver.takeScreenshot(), 'base64'));
  }

  complaints(): readonly string[] {
    return this.#complaints;
  }

  async close(): Promise<void> {
    await this.#driver.quit();
    this.#console.close();
  }
}

/** `ArrowRight` → ARROW_RIGHT, as selenium-webdriver calls it; a character is itself. */
function keyNamed(name: string): string {
  const constant = name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
  return name.length === 1 ? name : (Key[constant as keyof typeof Key] as string);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return (address as { port: number }).port;
}

/** Waits until a driver that was just started answers. */
async function answer(url: string, server: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (server.exitCode !== null) throw new Error(`The driver ended with ${server.exitCode}: see what it says above.`);
    if ((await fetch(url).catch(() => null))?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`The driver does not answer ${url}.`);
}
