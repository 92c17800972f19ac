// without-effect — directives that are taken because people have them, and that do nothing here.

import type { Directive, Faults, Word } from './directive.ts';
import { quoted } from './fault-list.ts';
import { atMost, bare, eachOption, noBlock, once } from './grammar.ts';
import { readHttpAddress } from './http-address.ts';
import { parseInteger, readDuration, readInteger } from './number.ts';
import { readZones } from './zone-name.ts';

/** `debug` */
export function readDebug(directives: readonly Directive[], faults: Faults): void {
  for (const directive of directives) {
    bare(directive, faults);
    idle(directive, 'ask for more of the log by the level of the log', faults);
  }
}

/** `metadata [ZONE…]` */
export function readMetadata(directives: readonly Directive[], faults: Faults): void {
  for (const directive of directives) {
    readZones(directive.args, faults);
    noBlock(directive, faults);
  }
}

/** `cancel [DURATION]` */
export function readCancel(directives: readonly Directive[], faults: Faults): void {
  const directive = once(directives, faults);
  if (directive === undefined) return;
  const [length] = atMost(directive, 1, faults, 'cancel [DURATION]');
  if (length !== undefined) readDuration(length, faults, '`cancel`', { least: 1 });
  noBlock(directive, faults);
  idle(directive, 'a query is given up after 4 s', faults);
}

/** `pprof [HOST:PORT] { block [RATE] }` */
export function readPprof(directives: readonly Directive[], faults: Faults): void {
  const directive = once(directives, faults);
  if (directive === undefined) return;
  readHttpAddress(directive, faults, { address: '127.0.0.1', port: 6053 });
  eachOption(directive, faults, {
    block(option) {
      const [rate] = atMost(option, 1, faults, 'block [RATE]');
      if (rate !== undefined) readInteger(rate, faults, '`block`', { least: 1 });
    },
  });
  idle(directive, 'there is no Go runtime to look into', faults);
}

/** `trace [zipkin|datadog] [HOST:PORT] { every N · service NAME · client_server [BOOLEAN] · …SIZE N · …INTERVAL DURATION }` */
export function readTrace(directives: readonly Directive[], faults: Faults): void {
  const directive = once(directives, faults);
  if (directive === undefined) return;
  const [kind, where] = atMost(directive, 2, faults, 'trace [zipkin|datadog] [HOST:PORT]');
  if (where !== undefined && !tracers.includes(kind!.text))
    faults.refuse(kind!, `\`trace\` is zipkin or datadog: not ${quoted(kind!)}.`, tracers);
  const one = ({ name, args: [word] }: Directive, what: string, read: (word: Word) => void) =>
    word === undefined ? faults.refuse(name, `\`${name.text}\` needs ${what}.`) : read(word);
  const count = (option: Directive) =>
    one(option, 'a number', (word) => readInteger(word, faults, `\`${option.name.text}\``, { least: 0 }));
  const text = (option: Directive) => one(option, 'a word', () => {});
  eachOption(directive, faults, {
    every: count,
    service: text,
    client_server({ args: [word] }) {
      if (word !== undefined && !/^([01tf]|true|false)$/i.test(word.text))
        faults.refuse(word, `\`client_server\` is true or false: not ${quoted(word)}.`, ['true', 'false']);
    },
    datadog_analytics_rate: text,
    datadog_rate_limit: text,
    zipkin_max_backlog_size: count,
    zipkin_max_batch_size: count,
    zipkin_max_batch_interval: (option) =>
      one(option, 'a duration', (word) => readDuration(word, faults, `\`${option.name.text}\``)),
  });
  idle(directive, 'queries are not traced', faults);
}

/** `multisocket [N]` */
export function readMultisocket(directives: readonly Directive[], faults: Faults): void {
  const directive = once(directives, faults);
  if (directive === undefined) return;
  const [sockets] = atMost(directive, 1, faults, 'multisocket [N]');
  if (sockets !== undefined) readInteger(sockets, faults, '`multisocket`', { least: 1, most: 1024 });
  noBlock(directive, faults);
  idle(directive, 'each instance has its own sockets', faults);
}

/** `timeouts { read DURATION · write DURATION · idle DURATION }`; a number without a unit is seconds. */
export function readTimeouts(directives: readonly Directive[], faults: Faults): void {
  for (const directive of directives) {
    atMost(directive, 0, faults, 'timeouts');
    if (directive.body === undefined || directive.body.length === 0)
      faults.refuse(directive.name, '`timeouts` needs a block with read, write or idle.');
    const read = (option: Directive) => {
      const [length] = atMost(option, 1, faults, `${option.name.text} DURATION`);
      const range = { least: 1000, most: 86_400_000 };
      if (length === undefined)
        faults.refuse(option.name, `\`${option.name.text}\` needs a duration such as 5s.`);
      else
        readDuration(
          parseInteger(length.text) === undefined ? length : { ...length, text: `${length.text}s` },
          ...([faults, `\`${option.name.text}\``, range] as const),
        );
    };
    eachOption(directive, faults, { read, write: read, idle: read });
    idle(directive, 'connections of clients are closed when they have been idle for 10 s', faults);
  }
}

/** `tls CERT KEY [CA] { client_auth MODE }` of a server block, for clients that come over TLS. */
export function readServerTls(directives: readonly Directive[], faults: Faults): void {
  for (const directive of directives) {
    const { name, args } = directive;
    if (args.length < 2) faults.refuse(name, '`tls` needs a certificate and its key: `tls CERT KEY [CA]`.');
    atMost(directive, 3, faults, 'tls CERT KEY [CA]');
    eachOption(directive, faults, {
      client_auth({ name, args: [mode] }) {
        if (mode === undefined || !clientAuth.includes(mode.text))
          faults.refuse(
            mode ?? name,
            `\`client_auth\` is one of ${clientAuth.join(', ')}${mode ? `: not ${quoted(mode)}` : ''}.`,
            clientAuth,
          );
      },
    });
    idle(
      directive,
      'clients are served over UDP and TCP alone. For servers that are asked over TLS it stands in the block of `forward`',
      faults,
    );
  }
}

// ---------------------------------------------------------------------------------------------------------------------

const tracers: readonly string[] = ['zipkin', 'datadog'];

const clientAuth: readonly string[] = [
  'nocert',
  'request',
  'require',
  'verify_if_given',
  'require_and_verify',
];

function idle({ name }: Directive, why: string, faults: Faults): void {
  faults.warn(name, `\`${name.text}\` does nothing here: ${why}.`);
}
