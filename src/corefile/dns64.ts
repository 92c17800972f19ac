// dns64 — `dns64 [PREFIX] { prefix PREFIX · translate_all · allow_ipv4 }`: IPv6 addresses made of IPv4 ones.

import { Dns64, type Dns64Settings, prefixLengths } from '../zone/dns64.ts';
import { parseNetwork } from '../zone/networks.ts';
import type { Step } from '../zone/step.ts';
import type { Directive, Faults, Word } from './directive.ts';
import { quoted } from './fault-list.ts';
import { atMost, eachOption, once } from './grammar.ts';

type Prefix = Pick<Dns64Settings, 'prefix' | 'length'>;

export function readDns64(directives: readonly Directive[], faults: Faults): Step | undefined {
  const directive = once(directives, faults);
  if (directive === undefined) return undefined;
  let prefix: Prefix | undefined = wellKnown;
  let [translateAll, allowIPv4] = [false, false];
  const [word] = atMost(directive, 1, faults, 'dns64 [PREFIX]');
  if (word !== undefined) {
    prefix = readPrefix(word, faults);
    const [option] = directive.body ?? [];
    if (option !== undefined)
      faults.warn(
        option.name,
        'to CoreDNS the block behind a prefix says nothing: put the prefix into the block, as `prefix PREFIX`.',
      );
  }
  eachOption(directive, faults, {
    prefix(option) {
      const [text] = atMost(option, 1, faults, 'prefix PREFIX');
      if (text === undefined) faults.refuse(option.name, '`prefix` needs a prefix, such as 64:ff9b::/96.');
      else prefix = readPrefix(text, faults);
    },
    translate_all(option) {
      atMost(option, 0, faults, 'translate_all');
      translateAll = true;
    },
    allow_ipv4(option) {
      atMost(option, 0, faults, 'allow_ipv4');
      allowIPv4 = true;
    },
  });
  return prefix && new Dns64({ ...prefix, translateAll, allowIPv4 });
}

// ---------------------------------------------------------------------------------------------------------------------

/** RFC 6052 section 2.1. */
const wellKnown: Prefix = { prefix: Buffer.from('0064ff9b'.padEnd(32, '0'), 'hex'), length: 96 };

function readPrefix(word: Word, faults: Faults): Prefix | undefined {
  const network = word.text.includes('/') ? parseNetwork(word.text) : undefined;
  const length = prefixLengths.find((known) => known === network?.prefix);
  if (network?.bytes.length === 16 && length !== undefined) return { prefix: network.bytes, length };
  faults.refuse(
    word,
    `${quoted(word)} is no prefix for IPv4 addresses: give an IPv6 prefix of ${prefixLengths.join(', ')} bits, such as 64:ff9b::/96.`,
  );
  return undefined;
}
