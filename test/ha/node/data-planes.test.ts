// data-planes.test — a data plane that takes queries elsewhere is known by its interface.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataPlaneWarnings } from '../../../ha/node/data-planes.ts';

test('one sentence for each that is here, and none for what every node has', () => {
  assert.deepEqual(dataPlaneWarnings(), []);
  assert.match(
    dataPlaneWarnings((name) => name === 'cilium_host').join(),
    /^Cilium runs here [^.]*\. Where it replaces/,
  );
  assert.match(
    dataPlaneWarnings((name) => name === 'bpfin.cali').join(),
    /^Calico runs its eBPF data plane here/,
  );
  assert.equal(dataPlaneWarnings(() => true).length, 2);
});

test('the kernel is asked, and an interface with another name is none', () => {
  const asked: string[] = [];
  dataPlaneWarnings((name) => asked.push(name) < 0);
  assert.deepEqual(asked, ['cilium_host', 'bpfin.cali']);
});
