/**
 * Mesa's lavapipe, a Vulkan driver that runs on the CPU and is not SwiftShader: what is right on one alone may be wrong
 * on a GPU. Debian 12's own is too old, so that of its backports is unpacked into a folder of this checkout.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const FOLDER = resolve('.lavapipe');
const DRIVER = `${FOLDER}/lvp_icd.json`;
const OF_THE_SYSTEM = '/usr/share/vulkan/icd.d';

/** What tells the Vulkan loader of lavapipe's driver file, and of nothing else. */
export const lavapipeEnvironment = (driver) => ({ VK_ICD_FILENAMES: driver, XDG_RUNTIME_DIR: FOLDER });

/** The path of the driver's file, or null. `LAVAPIPE` names another. */
export function findLavapipe() {
  const { LAVAPIPE } = process.env;
  if (LAVAPIPE && existsSync(LAVAPIPE)) return LAVAPIPE;
  if (existsSync(DRIVER)) return DRIVER;
  if (isDebian12() || !existsSync(OF_THE_SYSTEM)) return null;
  const file = readdirSync(OF_THE_SYSTEM).find((name) => name.startsWith('lvp_icd.'));
  return file ? `${OF_THE_SYSTEM}/${file}` : null;
}

/** Fetches lavapipe on Debian 12, which takes no root. Returns why it could not, or null. */
export function fetchLavapipe() {
  if (!isDebian12()) return 'Install Mesa 24 or newer (mesa-vulkan-drivers), or set LAVAPIPE to its lvp_icd.json.';
  console.log('Fetching lavapipe …');
  mkdirSync(`${FOLDER}/lists/partial`, { recursive: true });
  mkdirSync(`${FOLDER}/unpacked`, { recursive: true });
  writeFileSync(`${FOLDER}/sources.list`, 'deb http://deb.debian.org/debian bookworm-backports main\n');
  const apt = [
    ...['-qq', '-o', `Dir::Etc::SourceList=${FOLDER}/sources.list`, '-o', 'Dir::Etc::SourceParts=/dev/null'],
    ...['-o', `Dir::State::Lists=${FOLDER}/lists`, '-o', 'APT::Sandbox::User=', '-o', 'Dir::Cache::pkgcache='],
    ...['-o', 'Dir::Cache::srcpkgcache='],
  ];
  const run = (command, ...args) => spawnSync(command, args, { cwd: FOLDER, stdio: 'inherit' }).status === 0;
  const isFetched = run('apt-get', ...apt, 'update') && run('apt-get', ...apt, 'download', 'mesa-vulkan-drivers');
  const archive = readdirSync(FOLDER).find((name) => name.endsWith('.deb'));
  if (!isFetched || !archive || !run('dpkg', '--extract', archive, 'unpacked')) return 'It could not be fetched.';
  return writeDriverFile();
}

/** Mesa's own names a library of the system's. */
function writeDriverFile() {
  const folder = `${FOLDER}/unpacked/usr/share/vulkan/icd.d`;
  const file = readdirSync(folder).find((name) => name.startsWith('lvp_icd.'));
  const { ICD, ...rest } = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'));
  const library = readdirSync(`${FOLDER}/unpacked/usr/lib`)
    .map((machine) => `${FOLDER}/unpacked/usr/lib/${machine}/libvulkan_lvp.so`)
    .find(existsSync);
  const { stdout } = spawnSync('ldd', [library], { encoding: 'utf8' });
  const missing = stdout.split('\n').filter((line) => line.includes('not found'));
  if (missing.length > 0) {
    return `It lacks ${missing.map((line) => line.trim().split(' ')[0]).join(', ')}: install mesa-vulkan-drivers, which brings them.`;
  }
  writeFileSync(DRIVER, JSON.stringify({ ...rest, ICD: { ...ICD, library_path: library } }));
  return null;
}

function isDebian12() {
  const release = '/etc/os-release';
  return existsSync(release) && /^VERSION_CODENAME=bookworm$/m.test(readFileSync(release, 'utf8'));
}
