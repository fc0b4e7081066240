/**
 * `npm test`: installs what is missing, then checks, unit tests, a build, those of the GPU again over a second driver where
 * it can be fetched, and the page in browsers.
 */
import { installBrowsers, installPackages, run } from './install.mjs';
import { installLavapipe } from './lavapipe.mjs';

installPackages();
installBrowsers();
const lavapipe = installLavapipe();
run('npx', ['biome', 'ci', '.']);
run('npx', ['tsc', '-p', '.']);
run('npx', ['vite', 'build', '--logLevel', 'warn']);
run('npx', ['vitest', 'run']);
if (lavapipe) run('npm', ['run', '-s', 'test:lavapipe']);
else console.error('The tests of the GPU ran over one driver alone.');
run('npx', ['vitest', 'run', '--config', 'vitest.e2e.config.ts']);
