// cache — whether answers are kept, how long, and what is done about those that run out.
//
//   cache [TTL] [ZONE…] {
//     success CAPACITY [TTL [LEAST]]       denial CAPACITY [TTL [LEAST]]
//     prefetch AMOUNT [DURATION [N%]]      servfail DURATION
//     serve_stale [DURATION [immediate [TTL [RECHECK]] | verify [TIMEOUT [TTL [RECHECK]]]]]
//     serve_stale_policy prefer_positive   disable success|denial [ZONE…]
//     keepttl
//   }

import type { CachePlan, StalePlan } from '../plan/cache-plan.ts';
import type { Directive, Faults, Word } from './directive.ts';
import { quoted } from './fault-list.ts';
import { atMost, eachOption, once } from './grammar.ts';
import { parseGoDuration, parseInteger, readDuration, readInteger } from './number.ts';
import { readZones } from './zone-name.ts';

/** The first of them, where there are several; undefined where there is none. */
export function readCache(directives: readonly Directive[], faults: Faults): CachePlan | undefined {
  const directive = once(directives, faults);
  if (directive === undefined) return undefined;
  const { ttl, zones } = readHead(directive, faults);
  const kinds = {
    success: { most: ttl ?? 3600, least: 5, isOff: false },
    denial: { most: ttl ?? 1800, least: 5, isOff: false },
  };
  const disabled: Record<'success' | 'denial', readonly string[]> = { success: [], denial: [] };
  let failure = 5000;
  let prefetch: CachePlan['prefetch'];
  let stale: StalePlan | undefined;
  let keepTtl = false;
  let policy: Word | undefined;

  eachOption(directive, faults, {
    success: (option) => readKind(option, kinds.success, faults),
    denial: (option) => readKind(option, kinds.denial, faults),
    prefetch(option) {
      prefetch = readPrefetch(option, faults);
    },
    serve_stale(option) {
      stale = readServeStale(option, faults);
    },
    serve_stale_policy({ name, args }) {
      policy = name;
      if (args.length !== 1 || args[0]!.text !== 'prefer_positive')
        faults.refuse(args[0] ?? name, '`serve_stale_policy` takes one word: prefer_positive.', [
          'prefer_positive',
        ]);
    },
    servfail(option) {
      const [length] = atMost(option, 1, faults, 'servfail DURATION');
      if (length === undefined)
        faults.refuse(option.name, '`servfail` needs a duration such as 5s; 0 keeps no failures.');
      else failure = readDuration(length, faults, '`servfail`', { most: 300_000 }) ?? failure;
    },
    disable({ name, args: [kind, ...words] }) {
      if (kind?.text === 'success' || kind?.text === 'denial')
        disabled[kind.text] = words.length === 0 ? [''] : readZones(words, faults);
      else
        faults.refuse(
          kind ?? name,
          `\`disable\` needs success or denial, then zones${kind === undefined ? '' : `: not ${quoted(kind)}`}.`,
          ['success', 'denial'],
        );
    },
    keepttl(option) {
      atMost(option, 0, faults, 'keepttl');
      keepTtl = true;
    },
  });

  if (policy !== undefined && !directive.body?.some(({ name }) => name.text === 'serve_stale'))
    faults.refuse(policy, '`serve_stale_policy` needs `serve_stale` in the same block.');
  const range = ({ most, least }: (typeof kinds)['success']) => ({ least: Math.min(least, most), most });
  return {
    ...{ zones, failure, prefetch, stale, keepTtl },
    success: range(kinds.success),
    denial: range(kinds.denial),
    disabled: {
      success: kinds.success.isOff ? [''] : disabled.success,
      denial: kinds.denial.isOff ? [''] : disabled.denial,
    },
  };
}

// ---------------------------------------------------------------------------------------------------------------------

/** Milliseconds that upstreams have before what has run out is given, where `verify` says no time (RFC 8767 section 5). */
const VERIFY = 1800;

function readHead(
  { args }: Directive,
  faults: Faults,
): { ttl: number | undefined; zones: readonly string[] } {
  const [first, ...rest] = args;
  const hasTtl = first !== undefined && parseInteger(first.text) !== undefined;
  const words = hasTtl ? rest : args;
  for (const word of words)
    if (parseInteger(word.text) !== undefined || parseGoDuration(word.text) !== undefined)
      faults.warn(
        word,
        `${quoted(word)} is taken for a zone. A TTL comes first, in seconds and without a unit.`,
      );
  return {
    ttl: hasTtl ? longest(readInteger(first, faults, 'the TTL of `cache`', { least: 1 })) : undefined,
    zones: readZones(words, faults),
  };
}

/** No TTL is longer (RFC 2181 section 8). */
function longest(ttl: number | undefined): number | undefined {
  return ttl && Math.min(ttl, 2 ** 31 - 1);
}

/** The capacity counts for nothing here but that 0 keeps nothing: all zones share the memory of one cache. */
function readKind(
  option: Directive,
  kind: { most: number; least: number; isOff: boolean },
  faults: Faults,
): void {
  const { text } = option.name;
  const [capacity, most, least, ...rest] = option.args;
  for (const word of rest)
    faults.warn(word, `${quoted(word)} does nothing: \`${text} CAPACITY [TTL [LEAST]]\`.`);
  if (capacity === undefined) {
    faults.refuse(
      option.name,
      `\`${text}\` needs a capacity, a whole number; then may come a TTL and the least of it.`,
    );
    return;
  }
  const amount = readInteger(capacity, faults, `the capacity of \`${text}\``);
  if (most !== undefined)
    kind.most = longest(readInteger(most, faults, `the TTL of \`${text}\``, { least: 1 })) ?? kind.most;
  if (least !== undefined)
    kind.least = readInteger(least, faults, `the least TTL of \`${text}\``, { least: 0 }) ?? kind.least;
  kind.isOff = amount !== undefined && amount <= 0;
  if (kind.isOff)
    faults.warn(
      capacity,
      `a capacity of ${amount} keeps nothing of the kind. CoreDNS keeps 1024 all the same.`,
    );
}

function readPrefetch(option: Directive, faults: Faults): CachePlan['prefetch'] {
  const [amount, within, share] = atMost(option, 3, faults, 'prefetch AMOUNT [DURATION [N%]]');
  if (amount === undefined) {
    faults.refuse(option.name, '`prefetch` needs a number of queries.');
    return undefined;
  }
  const count = readInteger(amount, faults, 'the amount of `prefetch`', { least: 0 });
  const apart = within === undefined ? 60_000 : readDuration(within, faults, 'the duration of `prefetch`');
  const percent = share === undefined ? 10 : Number(/^(\d{1,3})%$/.exec(share.text)?.[1] ?? -1);
  if (share !== undefined && (percent < 10 || percent > 90))
    faults.refuse(
      share,
      `the share of \`prefetch\` is ${quoted(share)}: give 10% to 90%, with the percent sign.`,
    );
  return count === undefined || apart === undefined || count === 0
    ? undefined
    : { amount: count, within: apart, share: percent / 100 };
}

function readServeStale(option: Directive, faults: Faults): StalePlan | undefined {
  const isVerify = option.args[1]?.text.toLowerCase() === 'verify';
  const form = isVerify
    ? 'serve_stale DURATION verify [TIMEOUT [TTL [RECHECK]]]'
    : 'serve_stale [DURATION [immediate [TTL [RECHECK]]]]';
  const [length, mode, ...rest] = atMost(option, isVerify ? 5 : 4, faults, form);
  const [timeout, ttl, recheck] = isVerify ? rest : [undefined, ...rest];
  const window =
    length === undefined ? 3_600_000 : readDuration(length, faults, 'the duration of `serve_stale`');
  if (mode !== undefined && !isVerify && mode.text.toLowerCase() !== 'immediate')
    faults.refuse(mode, `\`serve_stale\` is immediate or verify: not ${quoted(mode)}.`, [
      'immediate',
      'verify',
    ]);
  const patience =
    timeout === undefined ? VERIFY : readDuration(timeout, faults, 'the timeout of `serve_stale`');
  if (recheck !== undefined) readDuration(recheck, faults, 'the recheck of `serve_stale`', { most: 300_000 });
  const told = ttl === undefined ? 0 : readSeconds(ttl, faults);
  if (window === undefined || patience === undefined || told === undefined) return undefined;
  // A timeout of 0 waits for upstreams as long as they take.
  return { window, after: isVerify ? patience || VERIFY : 0, ttl: told };
}

function readSeconds(word: Word, faults: Faults): number | undefined {
  const length = readDuration(word, faults, 'the TTL of `serve_stale`');
  if (length === undefined || length % 1000 === 0) return length === undefined ? undefined : length / 1000;
  faults.refuse(word, `the TTL of \`serve_stale\` is ${quoted(word)}: give whole seconds.`);
  return undefined;
}
