// on-node — runs a program that changes the node, which is the network namespace of the suite and never that of the machine.

import { nodeTools } from '../../ha/node/iptables/tools.ts';
import { isAlone } from './namespace.ts';

/** Resolves to what it wrote. @throws with its stderr when it fails */
export async function onNode(program: string, args: readonly string[], input?: string): Promise<string> {
  if (!isAlone()) throw new Error('a node is changed in a network namespace of the suite alone');
  const { status, stdout, stderr } = await nodeTools.run(program, args, input);
  if (status === 0) return stdout;
  throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`);
}
