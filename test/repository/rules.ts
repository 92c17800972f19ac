// rules — what every file of the repository obeys: one pure check a rule, each with a sample that breaks it.

import { basename, dirname, join } from 'node:path/posix';
import { codeOf } from './code-of.ts';

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

export const maxLines = 300;

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
      const imported = [...text.matchAll(/(?:\bfrom|\bimport\(?)\s*'(\.[^']+)'/g)].map(([, to]) =>
        join(dirname(path), to!),
      );
      return imported.filter((to) => /^(ha|chaos|test)\//.test(to)).map((to) => `imports ${to}`);
    },
    bad: [
      ['src/run.ts', "import { twin } from '../ha/twin.ts';\n"],
      ['src/pair/pair.ts', "const twin = await import('../../ha/twin.ts');\n"],
      ['src/run.ts', "import '../chaos/ledger.ts';\n"],
    ],
    good: [['src/run.ts', "import { have } from './have.ts';\n"]],
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
    name: 'sentences of chaos have subjects: a twin, a client, a program, never somebody',
    applies: (path) => path.startsWith('chaos/'),
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
      ['src/upstream/forward.ts', 'if (Math.random() < 0.5) send();\n'],
      ['src/listen/sockets.ts', "spawn('ip');\n"],
      ['src/loop/deadlines.ts', 'setTimeout(() => {}, 1);\n'],
    ],
    good: [
      ['src/loop/deadlines.ts', 'setInterval(tick, 10);\n'],
      ['src/cache/cache.ts', '// Date.now() would step\nthis.now();\n'],
    ],
  },
];

// ---------------------------------------------------------------------------------------------------------------------

const taken =
  /\bDate\.now\b|\bnew Date\b|\bMath\.random\b|\bperformance\.now\b|\b(?:spawn|exec|execFile|fork|setTimeout|setInterval|setImmediate)(?=\()/g;

/** The ticks everything else runs on; `resolver` also puts the clock of the wall in where none is given. */
const ticks: Readonly<Record<string, readonly string[]>> = {
  'src/loop/deadlines.ts': ['setInterval'],
  'src/resolver.ts': ['setInterval', 'setTimeout', 'Date.now'],
};

const nobodys = /\b(whoever|somebody|anybody|nobody|someone|no one|one that|one who|those who)\b/gi;

/**
 * What src says and a stranger could have read: what an instance is told and tells (config, options, status, version), how it
 * is started (heap), how a command describes itself, and how an error is worded.
 */
const words = /^src\/(command-text|config|errors|heap|status|version|options\/(duration|endpoint))\.ts$/;

/** Files of the repository that a file imports, also where the import is of types alone, or comes later. */
function importsOf(path: string, text: string): string[] {
  return [...text.matchAll(/(?:\bfrom|\bimport\(?)\s*'(\.[^']+)'/g)].map(([, to]) =>
    join(dirname(path), to!),
  );
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
