// forward — which servers are asked for names below FROM, and in which manner.
//
//   forward FROM TO… {
//     except ZONE…              force_tcp                  prefer_udp            policy random|round_robin|sequential
//     expire DURATION           max_fails N                max_concurrent N      health_check DURATION [no_rec] [domain NAME]
//     tls [CERT KEY [CA] | CA]  tls_servername NAME        next RCODE…           failover RCODE…
//     next_on_nodata            failfast_all_unhealthy_upstreams                 max_age DURATION
//     read_timeout DURATION     max_connect_attempts N     max_idle_conns N      source_address ADDRESS
//     resolver ADDRESS…         doh_method GET|POST
//   }

import { parseAddress, parseEndpoint } from '../options/endpoint.ts';
import type { Pieces } from '../pieces.ts';
import type { ForwardPlan, ServerPlan, TlsPlan } from '../plan/forward-plan.ts';
import type { BlockContext } from './block-parts.ts';
import type { Directive, Word } from './directive.ts';
import { quoted } from './fault-list.ts';
import { readTarget, type Target } from './forward-target.ts';
import { atMost, eachOption } from './grammar.ts';
import { readDuration, readInteger } from './number.ts';
import { readRcode } from './rcode.ts';
import { whyUnreadable } from './unreadable.ts';
import { parseZone, readZone, readZones, showZone } from './zone-name.ts';

/** In the order in which they are asked whether they take a name: that of the file. */
export function* readForwards(
  directives: readonly Directive[],
  context: BlockContext,
): Pieces<readonly ForwardPlan[]> {
  const all: { readonly name: Word; readonly plans: readonly ForwardPlan[] }[] = [];
  for (const directive of directives) {
    all.push({ name: directive.name, plans: readForward(directive, context) });
    yield;
  }
  /** Zones of which no name gets to the forwards below, and the word of the forward that takes them all. */
  const taken = new Map<string, Word>();
  for (const { name, plans } of all) {
    for (const { from } of plans) {
      const before = holderOf(taken, from);
      if (before !== undefined)
        context.faults.warn(
          name,
          `this forward is never asked: the one in line ${before.line} takes all names below ${showZone(from)} first. Put it above.`,
        );
    }
    for (const plan of plans) if (takesAll(plan) && !taken.has(plan.from)) taken.set(plan.from, name);
  }
  return all.flatMap(({ plans }) => plans);
}

// ---------------------------------------------------------------------------------------------------------------------

export const MOST_TARGETS = 15;
/** As many as 32 bits count. */
const MOST_FAILS = 2 ** 32 - 1;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function takesAll({ except, next, nextOnNodata }: ForwardPlan): boolean {
  return except.length === 0 && next.length === 0 && !nextOnNodata;
}

/** What is kept for a zone or the nearest one above it. */
function holderOf<T>(byZone: ReadonlyMap<string, T>, zone: string): T | undefined {
  for (let at = zone; ; at = at.slice(at.indexOf('.') + 1)) {
    const found = byZone.get(at);
    if (found !== undefined || at === '') return found;
    if (!at.includes('.')) return byZone.get('');
  }
}

/** Of a variable that holds several servers, each. */
function apart(word: Word): readonly Word[] {
  const parts = word.text.split(',').map((part) => part.trim());
  return parts.includes('') ? [word] : parts.map((text) => ({ ...word, text }));
}

/** One for each zone of a network. */
function readForward(directive: Directive, context: BlockContext): readonly ForwardPlan[] {
  const { faults } = context;
  const { name, args } = directive;
  const [from, ...targetWords] = args;
  const to = targetWords.flatMap(apart);
  if (from === undefined || to.length === 0) {
    faults.refuse(
      from ?? name,
      `\`forward\` needs ${from === undefined ? 'a zone and ' : ''}a server behind ${from === undefined ? 'it' : quoted(from)}: \`forward . 192.0.2.1\`, or a file such as /etc/resolv.conf.`,
    );
  }
  const zones = (from && readZone(from, faults)) ?? [];
  if (zones.length > 1)
    faults.warn(
      from!,
      `${quoted(from!)} is ${zones.length} zones. CoreDNS forwards the first of them alone.`,
    );
  if (to.length > MOST_TARGETS)
    faults.refuse(
      to[MOST_TARGETS]!,
      `\`forward\` takes at most ${MOST_TARGETS} servers: ${to.length} are given.`,
    );
  const targets = to.slice(0, MOST_TARGETS).map((word) => ({ word, target: readTarget(word, context) }));
  const found = serversOf(targets, context);
  const plan = readManner(directive, context, found.servers);
  return zones.map((zone) => ({ ...plan, ...found, from: zone }));
}

function serversOf(
  targets: readonly { readonly word: Word; readonly target: Target | undefined }[],
  { faults }: BlockContext,
): { readonly servers: readonly ServerPlan[]; readonly files: readonly string[] } {
  const servers: ServerPlan[] = [];
  const files: string[] = [];
  for (const { word, target } of targets) {
    if (target?.kind === 'server') servers.push(target.server);
    if (target?.kind !== 'file') continue;
    files.push(target.path);
    if (target.names > 0) continue;
    const problem = `the file ${target.path} names no server: it has no line such as \`nameserver 192.0.2.1\``;
    // A node that has not been told its servers yet, or has none, answers names of the cluster nevertheless.
    const instead =
      targets.length > 1 ? 'The other servers are asked' : 'Until it does, these names get SERVFAIL';
    faults.warn(word, `${problem}. ${instead}.`);
  }
  return { servers, files: [...new Set(files)] };
}

function readManner(
  directive: Directive,
  context: BlockContext,
  servers: readonly ServerPlan[],
): Omit<ForwardPlan, 'from' | 'servers' | 'files'> {
  const { faults } = context;
  const plan: Mutable<Omit<ForwardPlan, 'from' | 'servers' | 'files'>> = {
    ...{ except: [], transport: 'client', policy: 'random', maxFails: 2, expire: 10_000, maxAge: 0 },
    health: { interval: 500, recursionDesired: true, domain: '' },
    ...{ readTimeout: 2000, maxConcurrent: 0, next: [], nextOnNodata: false, failover: [], failFast: false },
    tls: undefined,
  };
  let forceTcp = false;
  let preferUdp = false;
  let tls: TlsPlan | undefined;
  let serverName: string | undefined;
  let age: Word | undefined;
  const isTls = servers.some(({ protocol }) => protocol === 'tls');

  const said = (option: Directive) => atMost(option, 0, faults, option.name.text);
  const duration = (option: Directive) => {
    const word = oneWord(option, 'a duration such as 10s', context);
    return word && readDuration(word, faults, `\`${option.name.text}\``);
  };
  const count = (option: Directive, most = Number.MAX_SAFE_INTEGER) => {
    const word = oneWord(option, 'a whole number', context);
    return word && readInteger(word, faults, `\`${option.name.text}\``, { least: 0, most });
  };
  const idle = (option: Directive, why: string) =>
    faults.warn(option.name, `\`${option.name.text}\` does nothing here: ${why}.`);

  eachOption(directive, faults, {
    except({ name, args }) {
      if (args.length === 0) faults.refuse(name, '`except` needs zones.');
      plan.except = [...plan.except, ...readZones(args, faults)];
    },
    force_tcp(option) {
      said(option);
      forceTcp = true;
    },
    prefer_udp(option) {
      said(option);
      preferUdp = true;
    },
    policy(option) {
      const word = oneWord(option, 'random, round_robin or sequential', context);
      const policy = policies.find((known) => known === word?.text);
      if (policy !== undefined) plan.policy = policy;
      else if (word !== undefined)
        faults.refuse(
          word,
          `\`policy\` is random, round_robin or sequential: not ${quoted(word)}.`,
          policies,
        );
    },
    expire(option) {
      plan.expire = duration(option) ?? plan.expire;
    },
    max_fails(option) {
      plan.maxFails = count(option, MOST_FAILS) ?? plan.maxFails;
    },
    max_concurrent(option) {
      plan.maxConcurrent = count(option) ?? plan.maxConcurrent;
    },
    max_age(option) {
      age = option.args[0];
      plan.maxAge = duration(option) ?? plan.maxAge;
    },
    read_timeout(option) {
      const word = oneWord(option, 'a duration such as 2s', context);
      plan.readTimeout =
        (word && readDuration(word, faults, '`read_timeout`', { least: 1 })) ?? plan.readTimeout;
    },
    health_check(option) {
      plan.health = readHealthCheck(option, context) ?? plan.health;
    },
    next(option) {
      plan.next = readRcodes(option, context);
    },
    next_on_nodata(option) {
      said(option);
      plan.nextOnNodata = true;
    },
    failover(option) {
      plan.failover = readRcodes(option, context);
      const noError = option.args.find(({ text }) => text.toUpperCase() === 'NOERROR');
      if (noError !== undefined)
        faults.refuse(noError, '`failover` does not take NOERROR: that is no failure. See `next_on_nodata`.');
    },
    failfast_all_unhealthy_upstreams(option) {
      said(option);
      plan.failFast = true;
    },
    tls(option) {
      tls = readTls(option, context);
    },
    tls_servername(option) {
      serverName = oneWord(option, 'the name that the certificate has', context)?.text;
      if (!isTls) idle(option, 'no server of this forward begins with tls://');
    },
    max_connect_attempts(option) {
      count(option, MOST_FAILS);
      idle(option, 'servers are tried for as long as the client waits');
    },
    max_idle_conns(option) {
      count(option);
      idle(option, 'four connections are kept for a server at most');
    },
    source_address(option) {
      const word = oneWord(option, 'an IP address', context);
      if (word !== undefined && parseAddress(word.text) === undefined)
        faults.refuse(word, `\`source_address\` is ${quoted(word)}: not an IP address.`);
      idle(option, 'the kernel picks the address by its routes');
    },
    resolver(option) {
      if (option.args.length === 0) faults.refuse(option.name, '`resolver` needs IP addresses.');
      for (const word of option.args)
        if (parseEndpoint(word.text, 53) === undefined)
          faults.refuse(word, `\`resolver\` is ${quoted(word)}: not an IP address, with or without a port.`);
      idle(option, 'host names are not looked up');
    },
    doh_method(option) {
      const word = oneWord(option, 'GET or POST', context);
      if (word !== undefined && !['GET', 'POST'].includes(word.text))
        faults.refuse(word, `\`doh_method\` is GET or POST: not ${quoted(word)}.`);
      idle(option, 'no server is asked over HTTPS');
    },
  });

  if (age !== undefined && plan.maxAge > 0 && plan.maxAge < plan.expire)
    faults.refuse(
      age,
      `\`max_age\` is ${quoted(age)}: give as long as \`expire\` or longer, ${plan.expire} ms.`,
    );
  plan.transport = forceTcp ? 'tcp' : preferUdp ? 'udp' : 'client';
  if (isTls || tls !== undefined)
    plan.tls = { ca: undefined, cert: undefined, key: undefined, ...tls, serverName };
  return plan;
}

const policies = ['random', 'round_robin', 'sequential'] as const;

function oneWord(option: Directive, what: string, { faults }: BlockContext): Word | undefined {
  const [word] = atMost(option, 1, faults, `${option.name.text} WORD`);
  if (word === undefined) faults.refuse(option.name, `\`${option.name.text}\` needs ${what}.`);
  return word;
}

function readHealthCheck(
  { name, args }: Directive,
  { faults }: BlockContext,
): ForwardPlan['health'] | undefined {
  const [length, ...rest] = args;
  if (length === undefined) {
    faults.refuse(name, '`health_check` needs a duration such as 500ms.');
    return undefined;
  }
  const interval = readDuration(length, faults, '`health_check`');
  let recursionDesired = true;
  let domain = '';
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i]!;
    if (word.text === 'no_rec') recursionDesired = false;
    else if (word.text === 'domain') {
      const given = rest[++i];
      const found = given && parseZone(given.text);
      if (found?.length === 1) domain = found[0]!;
      else faults.refuse(given ?? word, '`domain` of `health_check` needs a domain name.');
    } else
      faults.refuse(word, `\`health_check\` has no option ${quoted(word)}. It has no_rec and domain.`, [
        'no_rec',
        'domain',
      ]);
  }
  return interval === undefined ? undefined : { interval, recursionDesired, domain };
}

function readRcodes({ name, args }: Directive, { faults }: BlockContext): readonly number[] {
  if (args.length === 0)
    faults.refuse(name, `\`${name.text}\` needs response codes, such as SERVFAIL or NXDOMAIN.`);
  return [...new Set(args.flatMap((word) => readRcode(word, faults, true) ?? []))];
}

/** CA alone, or a certificate of ours and its key, with or without a CA. */
function readTls(option: Directive, context: BlockContext): TlsPlan {
  const { faults, surroundings } = context;
  const words = atMost(option, 3, faults, 'tls [CERT KEY [CA] | CA]');
  const files = words.map((word) => {
    const file = context.path(word.text);
    try {
      if (!surroundings.readFile(file, MOST_PEM_BYTES).includes('-----BEGIN '))
        faults.refuse(word, `${file} is no PEM file: it has no line such as -----BEGIN CERTIFICATE-----.`);
    } catch (cause) {
      faults.refuse(word, `the file ${file} cannot be read: ${whyUnreadable(cause)}.`);
    }
    return file;
  });
  const [first, key, ca] = files;
  return files.length < 2
    ? { serverName: undefined, ca: first, cert: undefined, key: undefined }
    : { serverName: undefined, ca, cert: first, key };
}

/** A bundle of all authorities has some 250,000. */
const MOST_PEM_BYTES = 4 * 1024 * 1024;
