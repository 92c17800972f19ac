// resolv-conf.test — servers are found in whatever editors and DHCP clients write, and changes are seen however they are made.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { parseResolvConf, upstreamsFrom, watchResolvConf } from '../../src/options/resolv-conf.ts';

test('comments, tabs, CRLF, zones, repeats and other keywords do not disturb', () => {
  const text = [
    '# made by hand',
    '; also a comment',
    'search example.com cluster.local',
    'options ndots:5 trust-ad',
    'nameserver\t10.0.0.1   ',
    '  nameserver 10.0.0.2 # with a reason\r',
    'nameserver fe80::1%eth0\r',
    'nameserver 2001:DB8::0:53',
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
    'fe80::1',
    '2001:db8::53',
    '10.0.0.4',
    '10.0.0.5',
  ]);
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
    assert.match(warnings.join(' '), /\/r .*no upstreams/);
  }
});

/** Watches a file in a folder of its own; `next` is the next text told. */
function watched(
  t: TestContext,
  first: string,
  options: { readonly pollMs?: number; readonly debounceMs?: number },
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
        { debounceMs: 5, ...options },
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
  const { folder, path, start } = watched(t, '', { pollMs: 5, debounceMs: 1_000_000 });
  mkdirSync(join(folder, 'elsewhere'));
  writeFileSync(join(folder, 'elsewhere', 'file'), 'one');
  symlinkSync('elsewhere/file', path);
  const next = start();
  writeFileSync(join(folder, 'elsewhere', 'file'), 'two');
  assert.equal(await next(), 'two');
});
