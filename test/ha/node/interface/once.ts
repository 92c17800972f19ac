// once — observes the interface of the type in its argument, applies the plan, and prints what came of it.

import { NodeInterface } from '../../../../ha/node/interface/interface.ts';
import { NodeError } from '../../../../ha/node/node-part.ts';
import type { InterfaceType } from '../../../../src/config.ts';
import { repair, wantedStateOf } from './lab.ts';

try {
  const change = await repair(new NodeInterface(wantedStateOf(process.argv[2] as InterfaceType)));
  console.log(JSON.stringify({ change }));
} catch (error) {
  if (!(error instanceof NodeError)) throw error;
  const { name, kind, message } = error;
  console.log(JSON.stringify({ refusal: { name, kind, message } }));
}
