// nsid — `nsid [TEXT…]`: what clients that ask for it are told of this server (RFC 5001); its host name by itself.

import type { BlockContext } from './block-parts.ts';
import type { Directive } from './directive.ts';
import { noBlock, once } from './grammar.ts';

export function readNsid(
  directives: readonly Directive[],
  { faults, surroundings }: BlockContext,
): string | undefined {
  const directive = once(directives, faults);
  if (directive === undefined) return undefined;
  noBlock(directive, faults);
  const { name, args } = directive;
  const text = args.length === 0 ? surroundings.hostname : args.map(({ text }) => text).join(' ');
  if (Buffer.byteLength(text) <= MOST) return text;
  faults.refuse(args[0] ?? name, `\`nsid\` has ${Buffer.byteLength(text)} bytes: at most ${MOST}.`);
  return undefined;
}

// ---------------------------------------------------------------------------------------------------------------------

const MOST = 255;
