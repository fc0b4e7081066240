/** `npm test`: installs what is missing, then checks, unit tests, a build, and the page in browsers. */
import { installBrowsers, installPackages, run } from './install.mjs';
import { installLavapipe } from './lavapipe.mjs';

installPackages();
installBrowsers();
installLavapipe();
run('npx', ['biome', 'ci', '.']);
run('npx', ['tsc', '-p', '.']);
run('npx', ['vite', 'build', '--logLevel', 'warn']);
run('npx', ['vitest', 'run']);
run('npx', ['vitest', 'run', '--config', 'vitest.e2e.config.ts']);
