// resolv-conf.test — servers are found in whatever editors and DHCP clients write, and changes are seen however they are made.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import {
  parseResolvConf,
  parseSearch,
  readResolvConf,
  upstreamsFrom,
  watchResolvConf,
} from '../../src/options/resolv-conf.ts';

test('comments, tabs, CRLF, zones, repeats and other keywords do not disturb', () => {
  const text = [
    '# made by hand',
    '; also a comment',
    'search example.com cluster.local',
    'options ndots:5 trust-ad',
    'nameserver\t10.0.0.1   ',
    '  nameserver 10.0.0.2 # with a reason\r',
    'nameserver fe80::1%eth0\r',
    'nameserver fe80::2',
    'nameserver 2001:DB8::0:53%eth0',
    'nameserver 10.0.0.1',
    'nameserver 10.0.0.4;nameserver 10.9.9.9',
    'nameserver dns.example.com',
    'nameservers 10.0.0.9',
    'nameserver',
    'nameserver 10.0.0.5',
  ].join('\n');
  assert.deepEqual(parseResolvConf(text), [
    '10.0.0.1',
    '10.0.0.2',
    'fe80::1%eth0',
    '2001:db8::53',
    '10.0.0.4',
    '10.0.0.5',
  ]);
});

test('of many servers sixteen are taken, and that is said', () => {
  const text = Array.from({ length: 20_000 }, (_, i) => `nameserver 10.0.${i >> 8}.${i & 255}\n`).join('');
  const { endpoints, warnings } = upstreamsFrom('/r', text, []);
  assert.equal(endpoints.length, 16);
  assert.equal(endpoints.at(-1)?.address, '10.0.0.15');
  assert.match(warnings.join(' '), /^\/r names more than 16 servers/);
});

test('a file of any size and kind is read without waiting, and not beyond its first 64 KiB', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'twindns-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  assert.equal(readResolvConf(pipe), '');
  assert.equal(readResolvConf(folder), undefined);
  writeFileSync(join(folder, 'large'), 'nameserver 10.0.0.1\n'.repeat(100_000));
  const text = readResolvConf(join(folder, 'large'))!;
  assert.ok(text.length < 65_536 && text.endsWith('10.0.0.1\n'));
});

test('our own address and port are left out with a warning, our address on another port is not', () => {
  const text = 'nameserver 127.0.0.1\nnameserver 10.0.0.1\n';
  const { endpoints, warnings } = upstreamsFrom('/r', text, [{ address: '127.0.0.1', port: 53 }]);
  assert.deepEqual(endpoints, [{ address: '10.0.0.1', port: 53 }]);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /\/r names 127\.0\.0\.1:53.*loop/);
  assert.equal(upstreamsFrom('/r', text, [{ address: '127.0.0.1', port: 5353 }]).endpoints.length, 2);
});

test('a missing, an empty and a looping file give no upstreams and say so', () => {
  for (const text of [undefined, '', '# nothing\n', 'nameserver 10.0.0.1\n']) {
    const { endpoints, warnings } = upstreamsFrom('/r', text, [{ address: '10.0.0.1', port: 53 }]);
    assert.deepEqual(endpoints, []);
    assert.match(warnings.join(' '), /\/r .*read again when it/);
  }
});

/** Watches a file in a folder of its own; `next` is the next text told. */
function watched(
  t: TestContext,
  first: string,
  options: { readonly pollMs?: number; readonly lookMs?: number },
) {
  const folder = mkdtempSync(join(tmpdir(), 'twindns-'));
  const path = join(folder, 'resolv.conf');
  return {
    folder,
    path,
    start() {
      const told: (string | undefined)[] = [];
      let wake = () => {};
      const stop = watchResolvConf(
        path,
        (text) => {
          told.push(text);
          wake();
        },
        { lookMs: 5, ...options },
      );
      const alive = setInterval(() => {}, 1000); // the watch itself keeps no process alive
      t.after(() => {
        stop();
        clearInterval(alive);
        rmSync(folder, { recursive: true });
      });
      return async () => {
        if (told.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        return told.shift();
      };
    },
    write: (text = first) => writeFileSync(path, text),
  };
}

test('a file replaced by rename is seen, and again the next time', async (t) => {
  const { folder, path, start, write } = watched(t, 'one', {});
  write();
  const next = start();
  for (const text of ['two', 'three']) {
    writeFileSync(join(folder, 'new'), text);
    renameSync(join(folder, 'new'), path);
    assert.equal(await next(), text);
  }
});

test('a file that goes and comes back is told both times', async (t) => {
  const { path, start, write } = watched(t, 'one', {});
  write();
  const next = start();
  rmSync(path);
  assert.equal(await next(), undefined);
  write('two');
  assert.equal(await next(), 'two');
});

test('a file that is being written is told of when it is whole', async (t) => {
  const { path, start, write } = watched(t, 'nameserver 10.0.0.1\n', { lookMs: 20 });
  write();
  const next = start();
  writeFileSync(path, '# made by a DHCP client\nnameserver 10.0.0.2\nnameserver 10.0.');
  await pause(50);
  appendFileSync(path, '0.33\n');
  assert.match((await next()) ?? '', /10\.0\.0\.33\n$/);
});

test('the link swap by which Kubernetes updates a ConfigMap is seen', async (t) => {
  const { folder, path, start } = watched(t, '', {});
  for (const version of ['v1', 'v2']) {
    mkdirSync(join(folder, version));
    writeFileSync(join(folder, version, 'resolv.conf'), version);
  }
  symlinkSync('v1', join(folder, '..data'));
  symlinkSync('..data/resolv.conf', path);
  const next = start();
  symlinkSync('v2', join(folder, 'new'));
  renameSync(join(folder, 'new'), join(folder, '..data'));
  assert.equal(await next(), 'v2');
});

test('a change that no watch tells is found by polling', async (t) => {
  const { folder, path, start } = watched(t, '', { pollMs: 5, lookMs: 1_000_000 });
  mkdirSync(join(folder, 'elsewhere'));
  writeFileSync(join(folder, 'elsewhere', 'file'), 'one');
  symlinkSync('elsewhere/file', path);
  const next = start();
  writeFileSync(join(folder, 'elsewhere', 'file'), 'two');
  assert.equal(await next(), 'two');
});

test('the last line with search domains holds', () => {
  for (const [text, expected] of [
    ['search a.example B.example.\nnameserver 192.0.2.1\n', ['a.example', 'b.example']],
    ['search a.example\ndomain b.example # here', ['b.example']],
    ['domain a.example\r\nsearch b.example c.example\r\n', ['b.example', 'c.example']],
    ['search .\n', []],
    ['searching a.example\n', []],
    ['', []],
  ] as const)
    assert.deepEqual(parseSearch(text), expected, text);
});
