// prebuilt — builds the addon and stores it where index.js looks first: prebuilds/PLATFORM-ARCH/, which the package ships.

import { cpSync, mkdirSync } from 'node:fs';

await import('./build.mjs');
const folder = new URL(`prebuilds/${process.platform}-${process.arch}/`, import.meta.url);
mkdirSync(folder, { recursive: true });
cpSync(new URL('build/Release/node_reuseport.node', import.meta.url), new URL('node_reuseport.node', folder));
