// rules — what every file of the repository obeys: one pure check a rule, each with a sample that breaks it.

import { basename, dirname } from 'node:path/posix';
import { runOptions } from '../../src/options/option-table.ts';
import { codeOf } from './code-of.ts';
import { importsOf } from './imports.ts';

export interface Rule {
  readonly name: string;
  readonly applies: (path: string) => boolean;
  /** What is wrong, one sentence each. */
  readonly check: (path: string, text: string) => readonly string[];
  /** Each breaks the rule. */
  readonly bad: readonly Sample[];
  /** Each looks like a breach and is none. */
  readonly good: readonly Sample[];
}
export type Sample = readonly [path: string, text: string];

/** A fuse: most files have 60 to 250. */
export const maxLines = 400;

export const rules: readonly Rule[] = [
  {
    name: `no file is longer than ${maxLines} lines`,
    applies: isSource,
    check(_path, text) {
      const lines = text.replace(/\n$/, '').split('\n').length;
      return lines > maxLines ? [`${lines} lines: give one of its ideas a file of its own`] : [];
    },
    bad: [['src/long.ts', 'x\n'.repeat(maxLines + 1)]],
    good: [['src/long.ts', 'x\n'.repeat(maxLines)]],
  },
  {
    name: 'the first line is the banner: the name of the file, a dash, what it does',
    applies: isSource,
    check(path, text) {
      const [first = ''] = text.replace(/^#!.*\n/, '').split('\n');
      const wanted = bannerNames(path).map((name) => `// ${name} — `);
      return wanted.some((start) => first.startsWith(start) && first.length > start.length)
        ? []
        : [`begins with "${first}" instead of "${wanted[0]}…"`];
    },
    bad: [
      ['src/serve.ts', "import './a.ts';\n"],
      ['src/serve.ts', '// server — answers.\n'],
      ['src/serve.ts', '// serve — \n'],
      ['src/serve.ts', '// serve - answers.\n'],
    ],
    good: [
      ['src/main.mjs', '#!/usr/bin/env node\n// main — begins.\n'],
      ['src/types.d.ts', '// types — of another package.\n'],
    ],
  },
  {
    name: 'file names are kebab-case and say what is inside',
    applies: isSource,
    check(path) {
      const name = bareName(path).replace(/\.test$/, '');
      const empty = name
        .split('-')
        .filter((word) => /^(utils?|helpers?|common|managers?|services?|misc)$/.test(word));
      const kebab = /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name);
      return [
        ...(kebab ? [] : ['is not kebab-case']),
        ...empty.map((word) => `"${word}" says nothing about the idea inside`),
      ];
    },
    bad: [
      ['src/utils.ts', ''],
      ['src/cache-helpers.ts', ''],
      ['src/CacheEntry.ts', ''],
      ['src/cache_entry.c', ''],
    ],
    good: [['test/cache-entry.test.ts', '']],
  },
  {
    name: 'exports have names, and no file only passes on those of others',
    applies: (path) => isTypeScript(path) && !path.endsWith('.d.ts'), // those describe other packages
    check(path, text) {
      const code = codeOf(text);
      const statements = code.split(';').map((statement) => statement.trim());
      const barrel = statements.some((statement) => /^export\b[^=(]*\bfrom\b/.test(statement));
      return [
        ...(/\bexport\s+default\b|\bas\s+default\b/.test(code) ? ['has a default export'] : []),
        ...(/\bexport\s*\*/.test(code) ? ['exports everything of another file'] : []),
        ...(barrel && basename(path) === 'index.ts' ? ['is a barrel file'] : []),
      ];
    },
    bad: [
      ['src/a.ts', 'export default function a() {}\n'],
      ['src/a.ts', "export * from './b.ts';\n"],
      ['src/index.ts', "export { b } from './b.ts';\n"],
    ],
    good: [['src/a.ts', "// export default\nexport const a = 'export default';\n"]],
  },
  {
    name: 'nothing is `any`, and there are no enums or namespaces',
    applies: isTypeScript,
    check(path, text) {
      const code = codeOf(text);
      const types = /(:|<|\bas|\||&|,|=>|=)\s*any\b(?!\s*[:(])/.test(code);
      return [
        ...(types ? ['uses the type any'] : []),
        ...(/\benum\s+\w+\s*\{/.test(code) ? ['has an enum'] : []),
        ...(!path.endsWith('.d.ts') && /\bnamespace\s+\w+\s*\{/.test(code) ? ['has a namespace'] : []),
      ];
    },
    bad: [
      ['src/a.ts', 'let a: any;\n'],
      ['src/a.ts', 'const a = b as any;\n'],
      ['src/a.ts', 'const a = new Map<string, any>();\n'],
      ['src/a.ts', 'const enum Colour { red }\n'],
      ['src/a.ts', 'namespace A { }\n'],
    ],
    good: [['src/a.ts', "// for any: any one\nconst a = 'x: any';\nconst b = { any: 1 };\n"]],
  },
  {
    name: 'no test is skipped, left for later, or run alone',
    applies: (path) => /\.test\.(ts|mjs)$/.test(path),
    check(_path, text) {
      const marks = codeOf(text).match(/\b(test|it|describe|suite|t)\.(skip|todo|only)\b/g) ?? [];
      return marks.map((mark) => `uses ${mark}`);
    },
    bad: [
      ['test/a.test.ts', "test.skip('later', () => {});\n"],
      ['test/a.test.ts', "describe.only('mine', () => {});\n"],
      ['test/a.test.ts', "test('a', (t) => t.todo());\n"],
    ],
    good: [['test/a.test.ts', "const only = 'test.only';\n"]],
  },
  {
    name: 'src does not know ha or chaos',
    applies: (path) => path.startsWith('src/') && path !== 'src/main.ts', // which puts all commands together
    check(path, text) {
      const foreign = importsOf(path, text).filter((to) => /^(ha|chaos|test)\//.test(to));
      return foreign.map((to) => `imports ${to}`);
    },
    bad: [
      ['src/run.ts', "import { twin } from '../ha/twin.ts';\n"],
      ['src/pair/pair.ts', "const twin = await import('../../ha/twin.ts');\n"],
      ['src/run.ts', "import '../chaos/ledger.ts';\n"],
    ],
    good: [['src/run.ts', "import { have } from './have.ts';\n"]],
  },
  {
    name: 'src/message knows no cache, nor anything else that handles messages',
    applies: (path) => path.startsWith('src/message/'),
    check(path, text) {
      const foreign = importsOf(path, text).filter((to) => !to.startsWith('src/message/'));
      return foreign.map((to) => `imports ${to}`);
    },
    bad: [
      ['src/message/reply.ts', "import type { Entry } from '../cache/entry.ts';\n"],
      ['src/message/query.ts', "import { errnoOf } from '../errors.ts';\n"],
    ],
    good: [['src/message/reply.ts', "import type { Query } from './query.ts';\n"]],
  },
  {
    name: "ha/node does not know ha's peers",
    applies: (path) => path.startsWith('ha/node/'),
    check(path, text) {
      const strange = importsOf(path, text).filter((to) => /^ha\/(?!node\/|timing\.ts$)/.test(to));
      return strange.map((to) => `imports ${to}: declare what it asks for in ha/node`);
    },
    bad: [
      ['ha/node/keeper.ts', "import type { Peer } from '../peers/peer.ts';\n"],
      ['ha/node/election.ts', "import { Twin } from '../twin.ts';\n"],
      ['ha/node/netlink/netlink.ts', "const { LONGEST } = await import('../../link/protocol.ts');\n"],
    ],
    good: [
      [
        'ha/node/iptables/save.ts',
        "import { lineOf } from '../rule-set.ts';\nimport type { Log } from '../../../src/log/log.ts';\n",
      ],
    ],
  },
  {
    name: 'no sentence sends people to a flag that --help does not show',
    applies: (path) => /^(src|ha)\/.*\.ts$/.test(path) && path !== 'src/cli.ts', // which hides them
    check: (_path, text) => (text.match(hiddenFlags) ?? []).map((flag) => `names ${flag}, which is hidden`),
    bad: [
      ['ha/node/nftables/nftables.ts', "fault('stop it, or use --no-leader here.');\n"],
      ['src/pair/pair.ts', "log.warn('started with --no-custody');\n"],
    ],
    good: [['src/heap.ts', "const flags = ['--leader', '--no-parallel-scavenge'];\n"]],
  },
  {
    name: 'ha opens one room of src on the side that talks to the network: src/handover',
    applies: (path) => path.startsWith('ha/'),
    check(path, text) {
      const foreign = importsOf(path, text).filter((to) =>
        /^src\/(listen|upstream|message|serve\.ts|resolver\.ts)/.test(to),
      );
      return foreign.map((to) => `imports ${to}: src/handover is the door`);
    },
    bad: [
      ['ha/takeover/takeover.ts', "import type { A } from '../../src/listen/client-connection.ts';\n"],
      ['ha/twin.ts', "import type { Resolver } from '../src/resolver.ts';\n"],
      ['ha/link/channel.ts', "const { find } = await import('../../src/message/name.ts');\n"],
    ],
    good: [['ha/twin.ts', "import type { Handover } from '../src/handover/handover.ts';\n"]],
  },
  {
    name: 'the times of the pair live in ha/timing.ts',
    applies: (path) => path.startsWith('ha/') && path !== 'ha/timing.ts' && !ownTimes.test(path),
    check(_path, text) {
      const named = [...text.matchAll(/^(?:export )?const ([A-Z_]+)(?:: number)? = [\d_]+;/gm)].filter(
        ({ index }) => /millisecond/i.test(commentBefore(text, index)),
      );
      const timers = codeOf(text).match(/\bset(?:Timeout|Interval)\((?:[^;]|;\s)*?,\s*\d[\d_]*\s*\)/g) ?? [];
      return [
        ...named.map(([, name]) => `${name} is a time`),
        ...timers.map(() => 'a timer is given a number instead of a time with a name'),
      ];
    },
    bad: [
      ['ha/takeover/custody.ts', '/** Milliseconds of silence. */\nconst SILENT = 100;\n'],
      ['ha/link/dial.ts', '/**\n * How often,\n * in milliseconds.\n */\nexport const REDIAL = 1_000;\n'],
      ['ha/twin.ts', 'setTimeout(() => resolve(undefined), 500);\n'],
      ['ha/twin.ts', 'this.#looking = setInterval(look, 10).unref();\n'],
    ],
    good: [
      ['ha/twin.ts', 'setTimeout(() => resolve(undefined), WELCOME_DUE);\n'],
      ['ha/link/channel.ts', '/** Messages that wait. */\nconst MOST_WAITING = 64;\n'],
    ],
  },
  {
    name: 'chaos takes nothing from ha, and from src no more than words: the judge shares no code with the judged',
    applies: (path) => path.startsWith('chaos/'),
    check: (path, text) =>
      importsOf(path, text)
        .filter((to) => /^(ha|src|test)\//.test(to) && !words.test(to))
        .map((to) => `imports ${to}`),
    bad: [
      ['chaos/host/node-monitor.ts', "import { Netlink } from '../../ha/node/netlink/netlink.ts';\n"],
      ['chaos/stage/node-rules.ts', "import type { Variant } from '../../ha/node/iptables/variant.ts';\n"],
      ['chaos/load/right-answer.ts', "import { readUint16 } from '../../src/message/message.ts';\n"],
      ['chaos/command.ts', "const { run } = await import('../src/run.ts');\n"],
      ['chaos/verdict.ts', "import '../test/lab/load.ts';\n"],
    ],
    good: [
      ['chaos/options.ts', "import { parseEndpoint } from '../src/options/endpoint.ts';\n"],
      ['chaos/load/traffic.ts', "import type { Endpoint } from '../../src/config.ts';\n"],
      ['chaos/load/traffic.ts', "import { Chance } from './chance.ts';\n"],
    ],
  },
  {
    name: 'sentences have subjects: a twin, a client, a program',
    applies: (path) => /^(chaos|ha|node-reuseport\/src|src\/(handover|listen))\//.test(path),
    check: (_path, text) =>
      (text.match(nobodys) ?? []).map((word) => `says "${word}": a reader cannot point at that`),
    bad: [
      ['chaos/a.ts', '// Whoever waits for it hears of it.\n'],
      ['chaos/a.ts', "stage.failed('For 5 s nobody answered.');\n"],
      ['chaos/a.ts', '/** Longest time until one that is gone is missed. */\n'],
    ],
    good: [['chaos/a.ts', '// The peer waits until the taker has answered; no instance is left.\n']],
  },
  {
    name: 'the core is given time, randomness and processes, it does not take them',
    applies: (path) =>
      /^src\/(message|cache|upstream|handover|listen|loop)\//.test(path) ||
      path === 'src/serve.ts' ||
      path in ticks,
    check(path, text) {
      const calls = codeOf(text).match(taken) ?? [];
      const allowed = ticks[path] ?? [];
      return [...new Set(calls)].filter((call) => !allowed.includes(call)).map((call) => `calls ${call}`);
    },
    bad: [
      ['src/serve.ts', 'const now = Date.now();\n'],
      ['src/cache/cache.ts', 'const at = performance.now();\n'],
      ['src/upstream/flight.ts', 'if (Math.random() < 0.5) send();\n'],
      ['src/listen/sockets.ts', "spawn('ip');\n"],
      ['src/loop/deadlines.ts', 'setInterval(() => {}, 1);\n'],
    ],
    good: [
      ['src/loop/deadlines.ts', 'setImmediate(ring);\n'],
      ['src/cache/cache.ts', '// Date.now() would step\nthis.now();\n'],
    ],
  },
];

// ---------------------------------------------------------------------------------------------------------------------

const taken =
  /\bDate\.now\b|\bnew Date\b|\bMath\.random\b|\bperformance\.now\b|\b(?:spawn|exec|execFile|fork|setTimeout|setInterval|setImmediate)(?=\()/g;

/** How long the kernel and programs of the node are waited for concerns no twin. */
const ownTimes = /^ha\/node\/(retry|reconciler|netlink\/\w+|iptables\/\w+)\.ts$/;

const switches = runOptions.filter(({ type }) => type === 'switch').map(({ name }) => name);
/** The other way to write a switch, and the negative control. */
const hiddenFlags = new RegExp(`--no-(?:${[...switches, 'custody'].join('|')})\\b`, 'g');

/** The ticks everything else runs on; `resolver` also puts the clock of the wall in where none is given. */
const ticks: Readonly<Record<string, readonly string[]>> = {
  'src/loop/alarm.ts': ['setTimeout'],
  'src/loop/deadlines.ts': ['setImmediate'],
  'src/loop/event-loop.ts': ['setImmediate'],
  'src/resolver.ts': ['setTimeout', 'Date.now'],
};

const nobodys =
  /\b(whoever|somebody|anybody|nobody|someone|no one|(?<!the |which )one that|one who|those who)\b/gi;

/**
 * What src says and a stranger could have read: what an instance is told and tells (config, options, status, version), how it
 * is started (heap), how a command describes itself, and how an error is worded.
 */
const words = /^src\/(command-text|config|errors|heap|status|version|options\/(duration|endpoint))\.ts$/;

/** The doc comment that ends right before `index`; empty when there is none. */
function commentBefore(text: string, index: number): string {
  const before = text.slice(0, index);
  return before.endsWith('*/\n') ? before.slice(before.lastIndexOf('/**')) : '';
}

function isSource(path: string): boolean {
  return /\.(ts|mjs|js|c|h)$/.test(path);
}

function isTypeScript(path: string): boolean {
  return path.endsWith('.ts');
}

/** `cli.test` of `test/cli.test.ts`. */
function bareName(path: string): string {
  return basename(path).replace(/(\.d)?\.[a-z]+$/, '');
}

/** An index may call itself what its folder is called. */
function bannerNames(path: string): string[] {
  const name = bareName(path);
  return name === 'index' ? [name, basename(dirname(path))] : [name];
}
