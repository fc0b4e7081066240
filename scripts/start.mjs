/** `npm start`: installs what is missing, builds the site and serves it. */
import { installPackages } from './install.mjs';

installPackages();
const { build, preview } = await import('vite');
await build({ logLevel: 'warn' });
const server = await preview({ preview: { open: process.stdout.isTTY && !process.env.CI } });
console.log(`\nUnmask is at ${server.resolvedUrls?.local[0]}  (Ctrl-C ends it)`);
