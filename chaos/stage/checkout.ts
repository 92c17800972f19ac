// checkout — the folder of the sources that this suite was built from.

import { fileURLToPath } from 'node:url';

/** The root, seen from the built output; ends with a slash. */
export const checkout = fileURLToPath(new URL('../../../', import.meta.url));
