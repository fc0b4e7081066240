/**
 * What a fresh clone lacks: npm packages, and for the tests a Chromium and the Vulkan loader.
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
  run(npm[0], [...npm.slice(1), 'ci', '--no-audit', '--no-fund']);
}

const BROWSERS = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The path of a Chromium or Chrome on this machine, or null. `CHROMIUM` names another. */
export function findChromium() {
  return BROWSERS.find((path) => path && existsSync(path)) ?? null;
}

const hasVulkanLoader = () =>
  [
    '/usr/lib/x86_64-linux-gnu/libvulkan.so.1',
    '/usr/lib/aarch64-linux-gnu/libvulkan.so.1',
    '/usr/lib64/libvulkan.so.1',
  ].some(existsSync);

/**
 * Makes sure of a Chromium, and on Linux of the Vulkan loader that WebGPU in Node needs. Installs them
 * where it may (Debian or Ubuntu, as root); elsewhere says what to install and ends.
 */
export function installBrowser() {
  const missing = [];
  if (!findChromium()) missing.push('chromium');
  if (process.platform === 'linux' && !hasVulkanLoader()) missing.push('libvulkan1');
  if (missing.length === 0) return;
  if (process.getuid?.() === 0 && output('apt-get', ['--version'])) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    console.log(`Installing ${missing.join(' and ')} …`);
    run('apt-get', ['update', '-qq'], { env });
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { env });
    return;
  }
  console.error(
    `The tests need ${missing.join(' and ')}. On Debian or Ubuntu: sudo apt-get install ${missing.join(' ')}\n` +
      'Elsewhere install Chromium or Chrome, and set CHROMIUM to the path of its program.',
  );
  process.exit(1);
}
