// addresses — source addresses for attackers and bystanders: to a server they are the addresses of pods, where those of loopback
// are one client.

import { isAlone } from './namespace.ts';
import { onNode } from './on-node.ts';

let made: Promise<string> | undefined;

/** Makes them, once. @throws Error outside a namespace of the suite */
export async function makeAddresses(): Promise<void> {
  if (!isAlone()) throw new Error(needsNamespace);
  made ??= onNode('ip', ['route', 'add', 'local', '10.77.0.0/16', 'dev', 'lo']);
  await made;
}

/** Of pod `pod`, 0 to 255, of attackers (1) and of bystanders (2). */
export function podAddress(side: 1 | 2, pod: number): string {
  return `10.77.${side}.${pod}`;
}

// ---------------------------------------------------------------------------------------------------------------------

const needsNamespace =
  'Attackers and bystanders have addresses of their own, in a network namespace of the suite alone: run it as root.';
