// unreadable — why a file or a directory cannot be read, in words for people.

import { errnoOf, messageOf } from '../errors.ts';

/** For the end of a sentence. */
export function whyUnreadable(thrown: unknown): string {
  return reasons[errnoOf(thrown) ?? ''] ?? messageOf(thrown);
}

// ---------------------------------------------------------------------------------------------------------------------

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it is not there',
  ENOTDIR: 'it is not there',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  ELOOP: 'its links lead in a circle',
};
