// check.test — what a Corefile comes to, as people and as programs read it, and what would happen to one query.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Check, check } from '../../src/check/check.ts';
import { TwindnsError } from '../../src/errors.ts';

const directory = mkdtempSync(join(tmpdir(), 'twindns-check-'));
after(() => rmSync(directory, { recursive: true }));

const text = `cluster.local:53 in-addr.arpa:53 {
    bind 169.254.20.10
    cache {
        success 9984 30
        denial 9984 5
        prefetch 3 60s 15%
    }
    forward . 10.96.0.11 {
        force_tcp
    }
    health 169.254.20.10:8080 {
        lameduck 5s
    }
    reload 10s 5s
}
.:53 {
    bind 169.254.20.10
    forward corp.example 192.0.2.7
    forward . 192.0.2.8 192.0.2.9 {
        except quiet.example
        policy sequential
    }
    debug
}
empty.example:53 {
    bind 169.254.20.10 169.254.20.11
}
`;

async function checked(content: string, asked: Partial<Check> = {}): Promise<string> {
  const file = join(directory, 'Corefile');
  writeFileSync(file, content);
  const said: string[] = [];
  const standard = { file, json: false, name: undefined, type: 'A', client: '127.0.0.1' };
  await check({ ...standard, ...asked }, {}, (part) => said.push(part));
  return said.join('').replaceAll(directory, '');
}

test('the plan is shown: listeners, zones, where names go, pages, and what does nothing', async () => {
  assert.equal(
    await checked(text),
    `/Corefile is taken.

169.254.20.10:53
  cluster.local. in-addr.arpa.  (line 1)
    cache     answers for 5s to 30s; denials for 5s; failures for 5s; asked for again in the last 15 % of the TTL after 3 queries
    forward   . to 10.96.0.11:53 over TCP
  .  (line 16)
    cache     nothing is kept
    forward   corp.example. to 192.0.2.7:53 as the client came
    forward   . to 192.0.2.8:53, 192.0.2.9:53 as the client came; in this order; but not quiet.example.
  empty.example.  (line 25)
    answer    REFUSED: nothing in the block answers

169.254.20.11:53
  empty.example.  (line 25)
    answer    REFUSED: nothing in the block answers

pages
  169.254.20.10:8080  health; not well for 5s before the end

reload
  the file is looked at every 7.5 to 12.5 s

/Corefile:23: warning: \`debug\` does nothing here: ask for more of the log by the level of the log.
`,
  );
});

test('a query is followed to its end', async () => {
  const end = async (asked: Partial<Check>) =>
    (await checked(text, asked)).split('\n').map((line) => line.trim());
  assert.deepEqual((await end({ name: 'api.Cluster.local', type: 'aaaa' })).slice(0, 5), [
    'api.cluster.local. AAAA, asked at 169.254.20.10:53',
    'zone      cluster.local. takes it: the longest of 4 zones (line 1)',
    'cache     answers for 5s to 30s; denials for 5s; failures for 5s; asked for again in the last 15 % of the TTL after 3 queries',
    'forward   . to 10.96.0.11:53 over TCP',
    'api.cluster.local. AAAA, asked at 169.254.20.11:53',
  ]);
  assert.match(
    (await end({ name: 'www.corp.example' })).join('\n'),
    /\. takes it: no longer zone.*\n.*\nforward {3}corp\.example\. to 192\.0\.2\.7:53/,
  );
  assert.match((await end({ name: 'quiet.example' })).join('\n'), /forward {3}none takes it: SERVFAIL/);
  assert.deepEqual((await end({ name: 'www.empty.example' })).slice(0, 3), [
    'www.empty.example. A, asked at 169.254.20.10:53',
    'zone      empty.example. takes it: the longest of 4 zones (line 25)',
    'answer    REFUSED: nothing in the block answers',
  ]);
  assert.match((await end({ name: 'x.example' })).at(-2)!, /no zone takes it: REFUSED/);
});

test('guards and steps say what they do, each with the question that reaches it', async () => {
  const steps = `.:53 {
    acl {
        block net 192.0.2.0/24
        drop type TXT
    }
    rewrite name suffix .corp.example .internal.example answer auto
    hosts /dev/null {
        198.51.100.7 db.internal.example
        fallthrough
    }
    forward . 192.0.2.1
}
`;
  const end = async (asked: Partial<Check>) =>
    (await checked(steps, asked)).split('\n').map((line) => line.trim().replace(/ +/g, ' '));
  const refused = await end({ name: 'a.example', client: '192.0.2.9' });
  assert.match(refused[2]!, /^acl .*192\.0\.2\.9/);
  assert.equal(refused[3], 'answer REFUSED, not kept');
  assert.equal((await end({ name: 'a.example', type: 'TXT' })).at(-2), 'answer none');
  const renamed = await end({ name: 'www.corp.example' });
  assert.match(renamed[3]!, /^rewrite .*www\.internal\.example\./);
  assert.match(renamed.at(-2)!, /^forward www\.internal\.example\. A: \. to 192\.0\.2\.1:53/);
  const found = await end({ name: 'db.corp.example' });
  assert.match(found.at(-3)!, /^hosts /);
  assert.equal(found.at(-2), 'answer NOERROR with 1 record, made here');
});

test('a file that is refused says all of it, as JSON too', async () => {
  const bad = '.:53 {\n    cahce\n    bufsize 1\n}\n';
  const isRefusal = (error: unknown) =>
    error instanceof TwindnsError &&
    error.code === 'CONFIG_REFUSED' &&
    /:2: "cahce"[\s\S]*:3: `bufsize`/.test(error.message);
  await assert.rejects(checked(bad), isRefusal);
  await assert.rejects(checked(bad, { name: 'a.example' }), isRefusal);
  const said: string[] = [];
  const asked = {
    file: join(directory, 'Corefile'),
    json: true,
    name: undefined,
    type: 'A',
    client: '127.0.0.1',
  };
  await assert.rejects(
    check(asked, {}, (part) => said.push(part)),
    isRefusal,
  );
  const { accepted, faults, plan } = JSON.parse(said.join(''));
  assert.deepEqual([accepted, faults.length, faults[0].line, plan], [false, 2, 2, null]);
});

test('programs read JSON: a block once, and its number where it is used', async () => {
  const { accepted, plan, warnings } = JSON.parse(await checked(text, { json: true }));
  assert.equal(accepted, true);
  assert.equal(warnings.length, 1);
  assert.deepEqual(plan.listeners[1], {
    address: '169.254.20.11',
    port: 53,
    zones: [{ zone: 'empty.example.', block: 2 }],
  });
  assert.equal(plan.blocks[0].forwards[0].transport, 'tcp');
  const { name, type, traces } = JSON.parse(await checked(text, { json: true, name: 'a', type: 'TYPE65' }));
  assert.deepEqual([name, type, traces.length], ['a.', 'HTTPS', 2]);
});

test('what is asked for has to be a name, a type and an address', async () => {
  for (const asked of [{ name: 'a..b' }, { name: 'a', type: 'AAAAA' }, { name: 'a', client: 'me' }])
    await assert.rejects(
      checked(text, asked),
      (error) => error instanceof TwindnsError && error.code === 'USAGE',
    );
});

test('a Corefile may come by a pipe; what is no file is not waited for', async () => {
  const program = fileURLToPath(new URL('../../bundle/twindns.mjs', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [program, 'check', '-'], {
    input: '.:53 {\n    cache 0\n}\n',
    encoding: 'utf8',
  });
  assert.equal(status, 3);
  assert.match(stderr, /^-:2: the TTL of `cache`/m);
  const asked = { json: false, name: undefined, type: 'A', client: '127.0.0.1' };
  await assert.rejects(
    check({ ...asked, file: '/dev/zero' }, {}, () => {}),
    /cannot read \/dev\/zero: it is no file/,
  );
});
