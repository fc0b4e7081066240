/**
 * Mesa's lavapipe, a second Vulkan driver beside Chromium's SwiftShader, for the tests of kernels. Debian's packages are
 * fetched and unpacked into a folder of ours, without root; nothing is installed.
 *
 *     node scripts/lavapipe.mjs <command> …arguments    runs a command over it
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { output, run } from './install.mjs';

const FOLDER = resolve('.drivers/lavapipe');
const PACKAGE = 'mesa-vulkan-drivers';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The suites to fetch from, or null where this is no Debian. Debian 12's own Mesa 22 is too old for Dawn. */
export function debianSuites() {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  if (!/^ID=debian$/m.test(release)) return null;
  const codename = release.match(/^VERSION_CODENAME=(\w+)$/m)?.[1];
  if (!codename) return null;
  return codename === 'bookworm' ? ['bookworm', 'bookworm-backports'] : [codename];
}

/** The URL that this machine takes the packages of a suite from, or null. */
function mirrorOf(suite) {
  const targets = output('apt-get', [
    'indextargets',
    '--format',
    '$(SITE) $(CODENAME)/$(COMPONENT)',
    'Created-By: Packages',
  ]);
  const site = targets?.split('\n').find((line) => line.endsWith(` ${suite}/main`));
  return site?.split(' ')[0] ?? null;
}

/** Downloads the driver's package and those of its libraries that this machine lacks. Returns whether that worked. */
function download(folder, wanted) {
  const mirror = mirrorOf(wanted[0]);
  if (!mirror) return false;
  for (const name of ['lists/partial', 'archives/partial']) mkdirSync(join(folder, name), { recursive: true });
  const sources = join(folder, 'sources.list');
  writeFileSync(sources, wanted.map((suite) => `deb [signed-by=${KEYRING}] ${mirror} ${suite} main\n`).join(''));
  const options = {
    'Dir::Etc::SourceList': sources,
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::Cache': folder,
    'Dir::Cache::Archives': join(folder, 'archives'),
    // Neither the machine's lists nor its packages are touched.
    'Debug::NoLocking': 'true',
    'APT::Sandbox::User': '',
    'Acquire::Languages': 'none',
  };
  const apt = (...args) =>
    output('apt-get', [
      '-qq',
      ...Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`]),
      ...args,
    ]);
  if (apt('update') === null) return false;
  const install = ['install', '-y', '--no-install-recommends', '--download-only', '--reinstall'];
  return apt(...install, `${PACKAGE}/${wanted.at(-1)}`) !== null;
}

/** Unpacks what was downloaded, and writes the file by which the Vulkan loader finds the driver. */
function unpack(folder) {
  const archives = join(folder, 'archives');
  for (const name of readdirSync(archives).filter((name) => name.endsWith('.deb'))) {
    if (output('dpkg', ['-x', join(archives, name), folder]) === null) return false;
  }
  for (const name of ['archives', 'lists']) rmSync(join(folder, name), { recursive: true });
  const architectures = readdirSync(join(folder, 'usr/lib')).map((name) => join('usr/lib', name));
  const libraries = architectures.find((path) => existsSync(join(folder, path, 'libvulkan_lvp.so')));
  if (!libraries) return false;
  const library_path = join(FOLDER, libraries, 'libvulkan_lvp.so');
  writeFileSync(
    join(folder, 'icd.json'),
    JSON.stringify({ file_format_version: '1.0.0', ICD: { library_path, api_version: '1.3.0' } }),
  );
  return true;
}

/**
 * Fetches the driver unless it is there. Returns the environment in which programs find it, or null where it cannot be
 * had, after saying so.
 */
export function installLavapipe() {
  const icd = join(FOLDER, 'icd.json');
  if (!existsSync(icd)) {
    const wanted = process.platform === 'linux' ? debianSuites() : null;
    if (!wanted || output('apt-get', ['--version']) === null) {
      console.error("No second WebGPU driver here: Mesa's lavapipe is fetched on Debian 12 and newer.");
      return null;
    }
    console.log('Fetching lavapipe …');
    const folder = `${FOLDER}.part`;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    if (!download(folder, wanted) || !unpack(folder)) {
      console.error(`No second WebGPU driver: ${PACKAGE} of Debian's ${wanted.at(-1)} could not be fetched.`);
      return null;
    }
    renameSync(folder, FOLDER);
  }
  const driver = JSON.parse(readFileSync(icd, 'utf8')).ICD.library_path;
  mkdirSync(join(FOLDER, 'run'), { recursive: true });
  return {
    VK_ICD_FILENAMES: icd,
    LD_LIBRARY_PATH: [resolve(driver, '..'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
    // Mesa asks for one, and this machine may have none.
    XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? join(FOLDER, 'run'),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const environment = installLavapipe();
  if (!environment) process.exit(1);
  const [command, ...args] = process.argv.slice(2);
  if (command) run(command, args, { env: { ...process.env, ...environment } });
}
