// hosts.test — names and addresses of a hosts file and of lines in the Corefile.

import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, test } from 'node:test';
import { message } from '../../src/zone/build-message.ts';
import { Hosts } from '../../src/zone/hosts.ts';
import { HostsFile } from '../../src/zone/hosts-file.ts';
import { emptyTable, lineOfHosts, readHosts } from '../../src/zone/hosts-text.ts';
import { nameText } from '../../src/zone/wire-name.ts';
import { question, wire } from '../lab/question.ts';
import { types } from '../lab/wire.ts';

const folder = mkdtempSync(join(tmpdir(), 'hosts-'));
const path = join(folder, 'hosts');
after(() => rmSync(folder, { recursive: true }));

let now = 0;
beforeEach(() => {
  now = 0;
});

interface Spec {
  readonly text?: string;
  readonly inline?: string;
  readonly zones?: readonly string[];
  readonly through?: readonly string[];
  readonly reverse?: boolean;
  readonly interval?: number;
  readonly throughUnsupported?: boolean;
}

function hosts({
  text = '',
  inline = '',
  zones = [''],
  through = [],
  reverse = true,
  interval = 5000,
  throughUnsupported = false,
}: Spec): Hosts {
  writeFileSync(path, text);
  const rules = { zones: zones.map(wire), reverse };
  return new Hosts({
    file: new HostsFile(path, rules, interval, () => now),
    inline: inline === '' ? emptyTable() : readHosts(inline, rules),
    zones: rules.zones,
    through: through.map(wire),
    throughUnsupported,
    ttl: 45,
  });
}

/** What the answer holds, in words; `next` when another step was asked. */
async function answer(step: Hosts, name: string, type: keyof typeof types = 'A'): Promise<string> {
  let isNext = false;
  const asked = question(name, { type });
  const given = await step.resolve(asked, async () => {
    isNext = true;
    return message();
  });
  assert.equal(step.explain(asked) === undefined, isNext, 'it says what it does');
  if (isNext) return 'next';
  assert.ok(given.authoritative);
  const data = given.answer.map((record) => {
    assert.deepEqual([record.owner, record.ttl, record.type], [asked.name, 45, asked.type]);
    return record.type === types.PTR ? nameText(record.data.toString('latin1')) : record.data.toString('hex');
  });
  return [given.rcode, ...data].join(' ');
}

const office = `# the office
198.51.100.10  Printer.Office.example printer  # upstairs
198.51.100.11 door.office.example
198.51.100.12 door.office.example
2001:db8:5::11%eth0 door.office.example
::ffff:198.51.100.13 mapped.office.example
not-an-ip broken.office.example
198.51.100.14
198.51.100.15 a..b \xfc.example`;

describe('hosts', () => {
  test('answers by name, family and address', async () => {
    const step = hosts({ text: office });
    for (const [name, type, expected] of [
      ['printer.office.example', 'A', '0 c633640a'],
      ['printer', 'A', '0 c633640a'],
      ['door.office.example', 'A', '0 c633640b c633640c'],
      ['door.office.example', 'AAAA', '0 20010db8000500000000000000000011'],
      ['mapped.office.example', 'A', '0 c633640d'],
      ['printer.office.example', 'AAAA', '0'],
      ['printer.office.example', 'MX', '0'],
      ['10.100.51.198.in-addr.arpa', 'PTR', '0 printer.office.example. printer.'],
      [
        '1.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.5.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa',
        'PTR',
        '0 door.office.example.',
      ],
      ['99.100.51.198.in-addr.arpa', 'PTR', 'next'],
      ['100.51.198.in-addr.arpa', 'PTR', 'next'],
      ['broken.office.example', 'A', '3'],
      ['office.example', 'A', '0'],
      ['other.example', 'A', '3'],
    ] as const)
      assert.equal(await answer(step, name, type), expected, `${name} ${type}`);
  });

  test('answers for its zones, and lets fall through what it is told to', async () => {
    const step = hosts({
      text: '198.51.100.31 a.one.example a.three.example',
      zones: ['one.example', 'two.example'],
      through: ['two.example'],
    });
    for (const [name, expected] of [
      ['a.one.example', '0 c633641f'],
      ['b.one.example', '3'],
      ['b.two.example', 'next'],
      ['a.three.example', 'next'],
    ] as const)
      assert.equal(await answer(step, name), expected, name);
    assert.equal(await answer(step, 'a.one.example', 'MX'), '0');
    const unsupported = hosts({ text: '198.51.100.31 a.example', through: [''], throughUnsupported: true });
    assert.equal(await answer(unsupported, 'a.example', 'MX'), 'next');
    assert.equal(await answer(unsupported, 'a.example', 'AAAA'), '0');
  });

  test('lines of the Corefile come behind those of the file', async () => {
    const step = hosts({ text: '198.51.100.1 a.example', inline: '198.51.100.2 a.example\n::1 a.example' });
    assert.equal(await answer(step, 'a.example'), '0 c6336401 c6336402');
    assert.equal(await answer(step, 'a.example', 'AAAA'), `0 ${'00'.repeat(15)}01`);
  });

  test('an asterisk stands for one label, and gives addresses no name', async () => {
    const step = hosts({ text: '198.51.100.1 *.apps.example\n198.51.100.2 one.apps.example' });
    assert.equal(await answer(step, 'any.apps.example'), '0 c6336401');
    assert.equal(await answer(step, 'one.apps.example'), '0 c6336402');
    assert.equal(await answer(step, 'a.b.apps.example'), '3');
    assert.equal(await answer(step, '1.100.51.198.in-addr.arpa', 'PTR'), 'next');
  });

  test('an address with very many names tells some of them', async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `0.0.0.0 n${i}.example`);
    const step = hosts({ text: lines.join('\n') });
    assert.equal((await answer(step, '0.0.0.0.in-addr.arpa', 'PTR')).split(' ').length, 257);
    assert.equal(await answer(step, 'n4999.example'), '0 00000000');
  });

  test('without reverse mapping addresses have no names', async () => {
    const step = hosts({ text: '198.51.100.1 a.example', reverse: false });
    assert.equal(await answer(step, '1.100.51.198.in-addr.arpa', 'PTR'), 'next');
  });
});

describe('the file', () => {
  const replace = (text: string) => {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  };

  test('is read again when it has changed, not more often than it may', async () => {
    const step = hosts({ text: '198.51.100.1 a.example', through: [''], interval: 1000 });
    assert.equal(await answer(step, 'a.example'), '0 c6336401');
    replace('198.51.100.2 b.example');
    now = 999;
    assert.equal(await answer(step, 'b.example'), 'next');
    now = 1000;
    const both = await Promise.all([answer(step, 'b.example'), answer(step, 'a.example')]);
    assert.deepEqual(both, ['0 c6336402', 'next']);
  });

  test('is kept as it was when it is gone, and read when it comes back', async () => {
    const step = hosts({ text: '198.51.100.1 a.example', through: [''], interval: 1000 });
    assert.equal(await answer(step, 'a.example'), '0 c6336401');
    rmSync(path);
    now = 5000;
    assert.equal(await answer(step, 'a.example'), '0 c6336401');
    replace('198.51.100.3 a.example');
    now = 10_000;
    assert.equal(await answer(step, 'a.example'), '0 c6336403');
  });

  test('is looked at once where it is not to be looked at again', async () => {
    const step = hosts({ text: '198.51.100.1 a.example', through: [''], interval: 0 });
    assert.equal(await answer(step, 'a.example'), '0 c6336401');
    replace('198.51.100.3 a.example');
    now = 1e9;
    assert.equal(await answer(step, 'a.example'), '0 c6336401');
  });

  test('may be absent, or a directory', async () => {
    const rules = { zones: [wire('')], reverse: true };
    for (const nothing of [join(folder, 'absent'), folder]) {
      const file = new HostsFile(nothing, rules, 5000, () => now);
      assert.equal((await file.table()).ipv4.size, 0);
      assert.equal(file.tableNow().ipv4.size, 0);
    }
  });

  test('of many names does not hold up others while it is read', async () => {
    const lines = Array.from({ length: 60_000 }, (_, i) => `198.51.100.1 n${i}.example`);
    const step = hosts({ text: lines.join('\n') });
    let turns = 0;
    const ticking = setInterval(() => turns++, 1);
    assert.equal(await answer(step, 'n59999.example'), '0 c6336401');
    clearInterval(ticking);
    assert.ok(turns >= 3, `${turns} turns`);
  });
});

test('a line has an address and names, or says nothing', () => {
  assert.deepEqual(lineOfHosts('::1 localhost # here'), {
    address: Buffer.concat([Buffer.alloc(15), Buffer.of(1)]),
    names: ['localhost'],
  });
  assert.equal(lineOfHosts('fallthru'), undefined);
  assert.equal(lineOfHosts('10.0.0.300 a'), undefined);
});
