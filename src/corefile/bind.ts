// bind — `bind ADDRESS|INTERFACE… { except ADDRESS|INTERFACE… }`: where a block is served.

import { parseAddress } from '../options/endpoint.ts';
import type { BlockContext } from './block-parts.ts';
import type { Directive, Word } from './directive.ts';
import { quoted } from './fault-list.ts';
import { eachOption } from './grammar.ts';

/** Addresses of all lines, each once; an interface is its addresses of this moment. */
export function readBind(
  directives: readonly Directive[],
  { faults, surroundings }: BlockContext,
): readonly string[] {
  const bound = new Set<string>();
  for (const directive of directives) {
    const { name, args } = directive;
    if (args.length === 0) faults.refuse(name, '`bind` needs an address or the name of an interface.');
    const wanted = args.flatMap(addressesOf);
    const except = new Set<string>();
    eachOption(directive, faults, {
      except({ name, args }) {
        if (args.length === 0) faults.refuse(name, '`except` needs an address or the name of an interface.');
        for (const address of args.flatMap(addressesOf)) except.add(address);
      },
    });
    for (const address of wanted) {
      if (except.has(address)) continue;
      if (bound.has(address)) faults.warn(name, `\`bind\` names ${address} twice. CoreDNS refuses that.`);
      bound.add(address);
    }
  }
  return [...bound];

  function addressesOf(word: Word): readonly string[] {
    const address = parseAddress(word.text);
    if (address === '0.0.0.0' || address === '::') {
      faults.warn(
        word,
        `${quoted(word)} is taken for the addresses where blocks without \`bind\` are served: ${surroundings.listen.join(', ')}.`,
      );
      return surroundings.listen;
    }
    if (address !== undefined) return [address];
    const all = word.text === '' ? undefined : surroundings.addressesOf(word.text);
    if (all === undefined) {
      faults.refuse(
        word,
        word.text === ''
          ? '`bind` is given an empty word: is a variable not set?'
          : `${quoted(word)} is neither an IP address nor an interface of this machine.`,
      );
      return [];
    }
    const found = all.flatMap((text) => parseAddress(text) ?? []);
    if (found.length < all.length || all.length === 0)
      faults.warn(
        word,
        all.length === 0
          ? `the interface ${word.text} has no address.`
          : `the link-local addresses of ${word.text} are left out.`,
      );
    return found;
  }
}
