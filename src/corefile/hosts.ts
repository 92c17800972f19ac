// hosts — addresses and names of a file, and of lines that stand here.
//
//   hosts [FILE [ZONE…]] {
//     ADDRESS NAME…        ttl SECONDS        reload DURATION        no_reverse
//     fallthrough [ZONE…]  fallthrough_unsupported
//   }
//
// Any line before `fallthrough` that is none of its options is one of a hosts file, even where it says nothing.

import { wireSuffix } from '../message/name.ts';
import { each, type Pieces } from '../pieces.ts';
import { Hosts } from '../zone/hosts.ts';
import { HostsFile, LONGEST_FILE } from '../zone/hosts-file.ts';
import { emptyTable, lineOfHosts, readInto } from '../zone/hosts-text.ts';
import type { Step } from '../zone/step.ts';
import type { BlockContext } from './block-parts.ts';
import type { Directive, Word } from './directive.ts';
import { quoted } from './fault-list.ts';
import { atMost, once } from './grammar.ts';
import { nearest } from './nearest.ts';
import { readDuration, readInteger } from './number.ts';
import { whyUnreadable } from './unreadable.ts';
import { isWithin, readZones } from './zone-name.ts';

export function* readHosts(
  directives: readonly Directive[],
  context: BlockContext,
): Pieces<Step | undefined> {
  const { faults } = context;
  const directive = once(directives, faults);
  if (directive === undefined) return undefined;
  const [file, ...zoneWords] = directive.args;
  const zones = zoneWords.length > 0 ? readZones(zoneWords, faults) : context.zones;
  const path = readPath(file, context);
  const found = new Options(zones);
  yield* each(directive.body ?? [], (option) => readOption(option, found, context));
  if (found.through === undefined) {
    if (found.unsupported !== undefined)
      faults.refuse(found.unsupported, '`fallthrough_unsupported` needs `fallthrough` in the same block.');
    faults.warn(
      directive.name,
      'names of its zones that hosts does not have are said not to exist, where CoreDNS says SERVFAIL: with `fallthrough` they are asked for.',
    );
  }
  const rules = { zones: zones.map(wireSuffix), reverse: found.reverse };
  const inline = emptyTable();
  yield* readInto(inline, found.lines.join('\n'), rules);
  return new Hosts({
    file: new HostsFile(path, rules, found.reload, () => performance.now()),
    inline,
    zones: rules.zones,
    through: (found.through ?? []).map(wireSuffix),
    throughUnsupported: found.unsupported !== undefined,
    ttl: found.ttl,
  });
}

// ---------------------------------------------------------------------------------------------------------------------

const known = ['fallthrough', 'fallthrough_unsupported', 'no_reverse', 'ttl', 'reload'] as const;

class Options {
  readonly zones: readonly string[];
  readonly lines: string[] = [];
  ttl = 3600;
  reload = 5000;
  reverse = true;
  through: readonly string[] | undefined;
  unsupported: Word | undefined;

  constructor(zones: readonly string[]) {
    this.zones = zones;
  }
}

function readPath(file: Word | undefined, context: BlockContext): string {
  const { faults, surroundings } = context;
  // As in CoreDNS: the lines that stand here are beside those of the container's own file.
  if (file === undefined) return '/etc/hosts';
  const whole = context.path(file.text);
  try {
    surroundings.checkFile(whole, LONGEST_FILE);
  } catch (error) {
    faults.warn(
      file,
      `${whole} cannot be read: ${whyUnreadable(error)}. Until it can, hosts has the lines that stand here.`,
    );
  }
  return whole;
}

function readOption(option: Directive, found: Options, { faults }: BlockContext): void {
  const { name, args } = option;
  switch (name.text) {
    case 'fallthrough':
      found.through = args.length > 0 ? readZones(args, faults) : [''];
      break;
    case 'fallthrough_unsupported':
      atMost(option, 0, faults, 'fallthrough_unsupported');
      found.unsupported = name;
      break;
    case 'no_reverse':
      found.reverse = false;
      break;
    case 'ttl': {
      const [seconds] = args;
      if (seconds === undefined) faults.refuse(name, '`ttl` needs a number of seconds, from 1 to 65535.');
      else found.ttl = readInteger(seconds, faults, '`ttl`', { least: 1, most: 65_535 }) ?? found.ttl;
      break;
    }
    case 'reload': {
      const [interval] = atMost(option, 1, faults, 'reload DURATION');
      if (interval === undefined) faults.refuse(name, '`reload` needs a duration, such as 30s; 0s is never.');
      else found.reload = readDuration(interval, faults, '`reload`') ?? found.reload;
      break;
    }
    default:
      readLine(option, found, faults);
  }
}

function readLine({ name, args }: Directive, found: Options, faults: BlockContext['faults']): void {
  if (found.through !== undefined) {
    faults.refuse(
      name,
      `${quoted(name)} stands behind \`fallthrough\`, where hosts takes no more lines: put it above.`,
      known,
    );
    return;
  }
  const line = [name, ...args].map(({ text }) => text).join(' ');
  const read = lineOfHosts(line);
  if (read === undefined) {
    // `fallthru` is the misspelling that charts have.
    const meant = nearest(name.text, known) ?? (/^fall/i.test(name.text) ? 'fallthrough' : undefined);
    const question = meant === undefined ? '' : ` Did you mean ${meant}?`;
    faults.warn(
      name,
      `${quoted(name)} is no address and no option of hosts: the line does nothing.${question}`,
    );
    return;
  }
  found.lines.push(line);
  for (const word of args) {
    const text = word.text.toLowerCase().replace(/\.$/, '');
    if (!found.zones.some((zone) => isWithin(text, zone)))
      faults.warn(word, `${quoted(word)} is in no zone of this hosts: the word does nothing.`);
  }
}
