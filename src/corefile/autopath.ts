// autopath — the rest of a client's search list is asked for here.
//
//   autopath [ZONE…] /PATH/resolv.conf    the list of a file, which is read when the Corefile is
//   autopath [ZONE…] @kubernetes          the list of pods: NAMESPACE.svc.DOMAIN svc.DOMAIN DOMAIN, and what /etc/resolv.conf has
//   autopath DOMAIN DOMAIN…               the list itself
//
// Where the first domain of a list is NAMESPACE.svc.DOMAIN it stands for all namespaces: pods of each have their own there.

import { wireSuffix } from '../message/name.ts';
import { parseSearch, RESOLV_CONF } from '../options/resolv-conf.ts';
import { Autopath, searchList } from '../zone/autopath.ts';
import type { Step } from '../zone/step.ts';
import type { BlockContext } from './block-parts.ts';
import type { Directive, Word } from './directive.ts';
import { quoted } from './fault-list.ts';
import { noBlock, once } from './grammar.ts';
import { whyUnreadable } from './unreadable.ts';
import { parseZone, readZones } from './zone-name.ts';

export function readAutopath(directives: readonly Directive[], context: BlockContext): Step | undefined {
  const { faults } = context;
  const directive = once(directives, faults);
  if (directive === undefined) return undefined;
  noBlock(directive, faults);
  const { name, args } = directive;
  const source = args.at(-1);
  if (source === undefined) {
    faults.refuse(
      name,
      '`autopath` needs a search list: the path of a resolv.conf, @kubernetes, or its domains.',
    );
    return undefined;
  }
  const isList = args.length > 1 && !/[@/]/.test(source.text) && !isFile(source, context);
  const zones = isList || args.length < 2 ? context.zones : readZones(args.slice(0, -1), faults);
  const lists = isList ? [readZones(args, faults)] : readSource(source, zones, context);
  const made = lists.flatMap((list) => searchList(list.slice(0, MOST)) ?? []);
  for (const list of lists)
    if (list.length > MOST) faults.warn(source, `of a search list the first ${MOST} domains are asked for.`);
  if (made.length === 0 && lists.length > 0) faults.refuse(source, `${quoted(source)} has no search list.`);
  return new Autopath(zones.map(wireSuffix), made, () => performance.now());
}

// ---------------------------------------------------------------------------------------------------------------------

/** Domains; each may cost a question to servers. */
const MOST = 10;
/** Bytes of a resolv.conf. */
const LONGEST = 65_536;

/** The path of a file need not begin with a slash. */
function isFile({ text }: Word, context: BlockContext): boolean {
  try {
    context.surroundings.readFile(context.path(text), LONGEST);
    return true;
  } catch {
    return false;
  }
}

function readSource(
  source: Word,
  zones: readonly string[],
  context: BlockContext,
): readonly (readonly string[])[] {
  const { faults } = context;
  if (source.text === '@kubernetes') {
    const own = readSearch(RESOLV_CONF, source, context, false) ?? [];
    // The zone of the pods; a block for everything does not say which that is.
    const domains = zones.filter((zone) => zone !== '' && !zone.endsWith('.arpa'));
    const all = domains.length > 0 ? domains : ['cluster.local'];
    return all.map((domain) => [`*.svc.${domain}`, `svc.${domain}`, domain, ...own]);
  }
  if (source.text.startsWith('@')) {
    faults.refuse(source, `${quoted(source)} gives no search list: @kubernetes does.`, ['@kubernetes']);
    return [];
  }
  const found = readSearch(context.path(source.text), source, context, true);
  return found === undefined ? [] : [found];
}

/** Of a resolv.conf, of which the last `search` holds; undefined, and told, when it cannot be read. */
function readSearch(
  path: string,
  word: Word,
  { faults, surroundings }: BlockContext,
  mustBe: boolean,
): readonly string[] | undefined {
  try {
    return parseSearch(surroundings.readFile(path, LONGEST)).flatMap((text) => parseZone(text) ?? []);
  } catch (error) {
    const sentence = `the search list of ${path} cannot be read: ${whyUnreadable(error)}.`;
    if (mustBe) faults.refuse(word, sentence);
    else faults.warn(word, sentence);
    return undefined;
  }
}
