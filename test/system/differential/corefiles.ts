// corefiles — what both servers are started with: twenty files of the directives people use, each with the names that matter to it.
//
// LISTEN is each server's own address; CLUSTER, INTERNET and OTHER are three upstreams, FILES a folder. Both read the file unchanged.

import { cachesAndForwards } from './corefiles-of-caches.ts';
import { localAnswers } from './corefiles-of-local-answers.ts';
import type { Served } from './served.ts';

/** In FILES. */
export const hostsFile = `198.51.100.30 wiki.intra.example git.intra.example
198.51.100.31 *.apps.example
2001:db8::30 wiki.intra.example
198.51.100.32 both.intra.example
198.51.100.33 both.intra.example
`;

export const corefiles: readonly Served[] = [...cachesAndForwards, ...localAnswers];
