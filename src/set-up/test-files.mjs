// test-files — which files `npm test` runs, in which order, and which of them in one process.
//
// Half of what a small file takes is the start of Node.js and the loading of modules, so files that start no process and change
// nothing of their own one share it. Each of them runs by itself, too: node dist/test/zone/acl.test.js.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * @param filters parts of paths; a file is taken if one of them is in its path, or if there are none
 * @returns what the test runner of Node.js is given, the longest first, so that none is the last one running: files of tests,
 *   and files made here that load several of them
 */
export function testFiles(filters) {
  const wanted = filters.map((filter) => filter.replace(/\.ts$/, '.js'));
  const files = [...list('dist/test', /\.test\.js$/), ...list('node-reuseport/test', /\.test\.mjs$/)]
    .filter((path) => !path.startsWith('dist/test/bench/'))
    .filter((path) => wanted.length === 0 || wanted.some((filter) => path.includes(filter)));
  rmSync(folder, { recursive: true, force: true });
  return shared(files.sort())
    .sort((one, other) => secondsOf(other) - secondsOf(one))
    .map((group, i) => (group.length === 1 ? group[0] : write(group, i)));
}

/** Files of tests, a group for each process. */
export function shared(files) {
  const groups = [];
  let group = [];
  for (const file of files) {
    if (needsProcess(file)) groups.push([file]);
    else if (group.length > 0 && secondsOf([...group, file]) > MOST) {
      groups.push(group);
      group = [file];
    } else group.push(file);
  }
  return group.length > 0 ? [...groups, group] : groups;
}

/** A module of a folder that loads these files. Each is a suite, so that what it does before and after tests is its own. */
export function textOf(files, place) {
  const suites = files.map((file) => {
    const path = relative(place, file);
    return `describe('${file}', async () => {\n  await import('./${path}');\n});\n`;
  });
  return `import { describe } from 'node:test';\n\n${suites.join('')}`;
}

/** Seconds that files take where two processors are busy, if they are more than a few. */
export const secondsOfFiles = fromTable(`
  chaos/disasters 45
  chaos/manifests 22
  chaos/load/traffic 16
  chaos/sieges 11
  chaos/stage/target 9
  chaos/report/browser 8
  chaos/command 7
  ha/node/iptables/kernel 24
  ha/node/interface/interface 15
  ha/node/nftables/nftables 6
  ha/leaving/departure 22
  ha/leaving/other-versions 18
  ha/takeover/connections 17
  ha/takeover/throttled 15
  ha/takeover/custody 14
  ha/takeover/relinquish 11
  ha/takeover/freeze 9
  ha/takeover/hang 9
  ha/link/shared-cache 9
  ha/status 8
  system/dummy-leader 24
  system/fails-open 20
  system/hit-path-memory 17
  system/pods 15
  system/leaving-nothing 14
  system/node-commands 12
  system/privileges 10
  system/cache-memory 10
  system/resident-memory 8
  system/known-texts 7
  system/hostile-input 7
  lab/uml 10
  docs/commands 10
  fuzz/fuzz 7
  pair/pair 6
  behaviours/resending 10
  behaviours/failures 8
  behaviours/sending 7
  behaviours/overload 7
  behaviours/stale 7
  behaviours/slow-cluster-dns 6
  behaviours/upstream-matching 6
  behaviours/odd-queries 5
  behaviours/hostile-upstreams 5
  behaviours/failover 5
  behaviours/coalescing 5
  behaviours/routing 5
  behaviours/upstream-tcp 5
  behaviours/zones 5
  behaviours/forwards 4
  node-reuseport/sanitizers 30
  node-reuseport/valgrind 18
  node-reuseport/loading 12
  node-reuseport/stopped 10
  node-reuseport/node-api 8
  node-reuseport/readme 7
`);

// ---------------------------------------------------------------------------------------------------------------------

/** Seconds that several files in one process take at most. */
const MOST = 12;
/** Seconds of a file of which nothing is known, alone or among others. */
const GUESS = { alone: 2, together: 0.25 };

const folder = 'dist/together';

function secondsOf(group) {
  const guess = group.length === 1 ? GUESS.alone : GUESS.together;
  return group.reduce((sum, file) => sum + (secondsOfFiles[file] ?? guess), 0);
}

/** Lines of a part of a path and a number. */
function fromTable(text) {
  const rows = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(' '));
  return Object.fromEntries(rows.map(([part, number]) => [pathOf(part), Number(number)]));
}

function pathOf(part) {
  const [first, ...rest] = part.split('/');
  if (first === 'node-reuseport') return `node-reuseport/test/${rest.join('/')}.test.mjs`;
  return `dist/test/${part}.test.js`;
}

/** What is of the process and not of a test: other processes, threads, signals, descriptors, memory, environment. */
const ownProcess =
  /from 'node:(?:child_process|worker_threads)'|\bprocess\.(?:on|once|emit|exit|chdir|umask|env\.\w+ =)|\/proc\/self|setFlagsFromString|memoryUsage/;

/** Whether a file, or one of test/ that it loads, says something of the process. */
function needsProcess(file) {
  const seen = new Set([file]);
  for (const path of seen) {
    const text = readFileSync(path, 'utf8');
    if (ownProcess.test(text)) return true;
    for (const [, to] of text.matchAll(/(?:from|import)\s*\(?'(\.[^']+)'/g)) {
      const loaded = join(path, '..', to);
      if (/^(?:dist|node-reuseport)\/test\//.test(loaded) && existsSync(loaded)) seen.add(loaded);
    }
  }
  return false;
}

function write(files, i) {
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/${i}.test.mjs`;
  writeFileSync(path, textOf(files, folder));
  return path;
}

function list(root, pattern) {
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true })
    .filter((name) => pattern.test(name))
    .map((name) => `${root}/${name}`);
}
