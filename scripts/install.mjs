/**
 * What a fresh clone lacks: npm packages, and for the tests browsers and Vulkan.
 * Uses nothing but Node, because nothing else is there yet.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';

/** Runs a command with its output on the terminal; ends this process with the command's status if it fails. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (error) console.error(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

/** What a command prints on stdout, or null where it fails or is not there. */
export function output(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}

/** Installs the npm packages if the lock file is newer than what is installed. */
export function installPackages() {
  const installed = 'node_modules/.package-lock.json';
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync('package-lock.json').mtimeMs) return;
  // npm 10 cannot resolve Vite 8's optional native packages; the condition ends when Node 20 is no longer supported.
  const npm = Number(output('npm', ['--version'])?.split('.')[0]) >= 11 ? ['npm'] : ['npx', '--yes', 'npm@11'];
  console.log('Installing packages …');
  // Some packages ask for a newer Node than the least that they are tested on here; that is no news to a person.
  run(npm[0], [...npm.slice(1), 'ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

const CHROMIUM = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const FIREFOX = [
  process.env.FIREFOX,
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
];

const firstThere = (paths) => paths.find((path) => path && existsSync(path)) ?? null;

/** The path of a Chromium or Chrome on this machine, or null. `CHROMIUM` names another. */
export const findChromium = () => firstThere(CHROMIUM);

/** The same of a Firefox, which `FIREFOX` names. */
export const findFirefox = () => firstThere(FIREFOX);

const MACHINES = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64'];
const hasLibrary = (file) => firstThere(MACHINES.map((folder) => `${folder}/${file}`)) !== null;

/** Debian's packages that the tests need, and whether they are there. WebKitGTK and its screen are for Linux alone. */
const PACKAGES = {
  chromium: () => findChromium() !== null,
  'firefox-esr': () => findFirefox() !== null,
  ...(process.platform === 'linux' && {
    libvulkan1: () => hasLibrary('libvulkan.so.1'),
    'webkit2gtk-driver': () => existsSync('/usr/bin/WebKitWebDriver'),
    'gir1.2-webkit2-4.1': () => hasLibrary('girepository-1.0/WebKit2-4.1.typelib'),
    'python3-gi': () => output('/usr/bin/python3', ['-c', 'import gi']) !== null,
    xvfb: () => existsSync('/usr/bin/Xvfb'),
    xauth: () => existsSync('/usr/bin/xauth'),
  }),
};

/**
 * Makes sure of the browsers that the page is tested in, and on Linux of the Vulkan loader that WebGPU in Node needs.
 * Installs them where it may (Debian, as root); elsewhere says what to install and ends.
 */
export function installBrowsers() {
  const missing = Object.keys(PACKAGES).filter((name) => !PACKAGES[name]());
  if (missing.length === 0) return;
  if (process.getuid?.() === 0 && output('apt-get', ['--version'])) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    console.log(`Installing ${missing.join(', ')} …`);
    run('apt-get', ['update', '-qq'], { env });
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { env });
    return;
  }
  console.error(
    `The tests need ${missing.join(', ')}. On Debian: sudo apt-get install ${missing.join(' ')}\n` +
      'Elsewhere install Chromium or Chrome, Firefox, and on Linux WebKitGTK with its WebDriver and Python bindings, ' +
      'and set CHROMIUM and FIREFOX to the paths of their programs.',
  );
  process.exit(1);
}
