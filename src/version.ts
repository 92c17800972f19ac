// version — of the package this code was built from.

import { readFileSync } from 'node:fs';

/** The package file lies two levels above the built output, beside the sources. */
const packageFile = new URL('../../package.json', import.meta.url);

export const version: string = (JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version;
