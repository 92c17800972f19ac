// pillar.test — node-cache's placeholders are replaced as node-cache does it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillPillars } from '../../src/corefile/pillar.ts';
import { read, said } from './reading.ts';

const values = { clusterDns: '10.96.0.11', localAddresses: ['169.254.20.10', '10.96.0.10'], upstreams: [] };

const template = `# for __PILLAR__LOCAL__DNS__
cluster.local:53 {
    bind __PILLAR__LOCAL__DNS__ __PILLAR__DNS__SERVER__
    forward . __PILLAR__CLUSTER__DNS__ {
            force_tcp
    }
}
.:53 {
    bind __PILLAR__LOCAL__DNS__
    forward . __PILLAR__UPSTREAM__SERVERS__ {
            force_tcp
    }
}
`;

test('each placeholder has its value, also in a comment; what is filled is a Corefile', () => {
  const { text, remarks } = fillPillars(template, values);
  assert.deepEqual(remarks, []);
  assert.match(text, /^# for 169\.254\.20\.10 10\.96\.0\.10\n/);
  assert.match(text, / {4}bind 169\.254\.20\.10 10\.96\.0\.10 \n/);
  assert.match(text, /forward \. \/etc\/resolv\.conf \{\n {12}force_tcp\n/);
  const { plan, faults } = read(text);
  assert.equal(said(faults), '');
  assert.equal(plan.listeners.length, 2);
});

test('servers of the ConfigMap are asked over UDP in the template that is published, and over TCP in another', () => {
  const upstreams = ['192.0.2.1', '192.0.2.2:5353'];
  const { text, remarks } = fillPillars(template, { ...values, upstreams });
  assert.match(text, /\n {4}forward \. 192\.0\.2\.1 192\.0\.2\.2:5353\n\}/);
  assert.match(text, /forward \. 10\.96\.0\.11 \{\n/);
  assert.deepEqual(remarks, []);
  const other = fillPillars(template.replaceAll('            force_tcp', '        force_tcp'), {
    ...values,
    upstreams,
  });
  assert.match(other.text, /forward \. 192\.0\.2\.1 192\.0\.2\.2:5353 \{\n {8}force_tcp/);
  assert.match(other.remarks.join(), /over TCP/);
});

test('what tools replace before is told where it is left', () => {
  const { text, remarks } = fillPillars('__PILLAR__DNS__DOMAIN__:53 {\n}\n', values);
  assert.equal(text, '__PILLAR__DNS__DOMAIN__:53 {\n}\n');
  assert.match(remarks.join(), /__PILLAR__DNS__DOMAIN__ is left/);
});

test('values are put in as they are', () => {
  assert.equal(fillPillars('__PILLAR__CLUSTER__DNS__', { ...values, clusterDns: '$&' }).text, '$&');
});
