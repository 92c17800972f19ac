// planned-listeners.test — where instances will listen: where the flags say, or at every port of the Corefile.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readOptions } from '../../src/options/options.ts';
import { plannedListeners } from '../../src/plan/planned-listeners.ts';

test('of flags each address at the port; of a Corefile what its zones are bound to, and its faults', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'twindns-planned-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const corefile = join(folder, 'Corefile');
  const flags = { listen: '169.254.20.10', port: '5353' };
  assert.deepEqual(await plannedListeners(readOptions(flags, {})), [
    { address: '169.254.20.10', port: 5353 },
  ]);
  const planned = (text: string) => {
    writeFileSync(corefile, text);
    return plannedListeners(readOptions({ ...flags, corefile }, {}));
  };
  const listeners = await planned(
    '. lab.example:1053 {\n  forward . 192.0.2.1\n}\ncorp.example {\n  bind 10.0.0.1\n  forward . 192.0.2.1\n}\n',
  );
  assert.deepEqual(
    listeners.map(({ address, port }) => `${address} ${port}`),
    ['169.254.20.10 5353', '169.254.20.10 1053', '10.0.0.1 5353'],
  );
  await assert.rejects(planned('. {\n  forwad . 192.0.2.1\n}\n'), {
    code: 'CONFIG_REFUSED',
    message: /forwad/,
  });
});
