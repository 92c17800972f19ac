// network-policies.test — policies that a cache would break are found, and those that let its addresses through are not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foundIn, type Objects, service, toldIn } from './clusters.ts';

const dns = { namespaceSelector: {}, podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } };
const udp = [{ port: 53, protocol: 'UDP' }];

function policy(name: string, spec: object, namespace = 'shop'): unknown {
  return { metadata: { name, namespace }, spec: { podSelector: {}, policyTypes: ['Egress'], ...spec } };
}

const egress = (...rules: object[]) => policy('default', { egress: rules });
const isFound = (...policies: unknown[]) => toldIn({ policies }).some((line) => /by its labels/.test(line));
const to = (...cidrs: string[]) => ({ to: cidrs.map((cidr) => ({ ipBlock: { cidr } })), ports: udp });

test('pods that may ask the cluster DNS by its labels are found', () => {
  assert.ok(isFound(egress({ to: [dns], ports: udp })));
  assert.ok(isFound(egress({ to: [dns] })), 'without ports');
  assert.ok(isFound(egress({ to: [{ namespaceSelector: {} }] })), 'of all namespaces');
  assert.ok(
    isFound(
      egress({
        to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }],
        ports: udp,
      }),
    ),
  );
  assert.ok(
    isFound(egress({ to: [dns], ports: [{ port: 'dns', protocol: 'UDP' }] })),
    'by the name of the port',
  );
  assert.ok(
    isFound(egress({ to: [dns], ports: [{ port: 1, endPort: 100, protocol: 'UDP' }] })),
    'in a range',
  );
  assert.ok(isFound(egress({ to: [dns], ports: udp }, to('169.254.20.10/32'))), 'with one of two addresses');
  const block = { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] };
  assert.ok(isFound(egress({ to: [dns, { ipBlock: block }], ports: udp })), 'with an exception');
});

test('pods that may ask the addresses too, or never might ask by labels, are not', () => {
  assert.ok(!isFound(egress({ to: [dns], ports: udp }, to('169.254.20.10/32', '10.96.0.10/32'))));
  assert.ok(
    !isFound(
      egress({ to: [dns], ports: udp }),
      policy('dns', { egress: [to('169.254.0.0/16', '10.96.0.0/12')] }),
    ),
  );
  const web = { podSelector: { matchLabels: { app: 'web' } } };
  const open = to('169.254.20.10/32', '10.96.0.10/32');
  assert.ok(!isFound(policy('web', { ...web, egress: [{ to: [dns] }, open] })), 'of some pods');
  assert.ok(
    isFound(policy('web', { ...web, egress: [{ to: [dns] }] }), policy('db', { ...web, egress: [open] })),
  );
  assert.ok(!isFound(egress({})), 'everything is let through');
  assert.ok(!isFound(egress()), 'nothing is, before as after');
  assert.ok(!isFound(egress({ to: [dns], ports: [{ port: 443, protocol: 'TCP' }] })));
  assert.ok(!isFound(egress({ to: [{ podSelector: { matchLabels: { app: 'db' } } }], ports: udp })));
  assert.ok(
    !isFound(
      egress({ to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'db' } } }] }),
    ),
  );
  assert.ok(!isFound(policy('in', { policyTypes: ['Ingress'], egress: [{ to: [dns] }] })));
});

test('a policy of another namespace lets nothing through for this one', () => {
  const elsewhere = policy('dns', { egress: [to('0.0.0.0/0')] }, 'other');
  assert.ok(isFound(egress({ to: [dns], ports: udp }), elsewhere));
});

test('what to add names the addresses, those of IPv6 too', () => {
  const [one] = foundIn({ policies: [egress({ to: [dns], ports: udp })] });
  assert.match(one!.advice, /169\.254\.20\.10 and 10\.96\.0\.10/);
  assert.deepEqual([one!.grade, one!.where], ['first', 'shop/default']);
  const v6: Objects = { services: [service({ clusterIP: 'fd00::a', clusterIPs: ['fd00::a'] })] };
  const open = egress({ to: [dns] }, to('169.254.20.10/32', 'fd00::/64'));
  assert.ok(!toldIn({ ...v6, policies: [open] }).some((line) => /by its labels/.test(line)));
});

test('a policy that lets only pods reach the cluster DNS is found', () => {
  const isShut = (spec: object) =>
    toldIn({ policies: [policy('dns', { policyTypes: ['Ingress'], ...spec }, 'kube-system')] }).some((line) =>
      /only pods/.test(line),
    );
  const podSelector = { matchLabels: { 'k8s-app': 'kube-dns' } };
  assert.ok(isShut({ podSelector, ingress: [{ from: [{ namespaceSelector: {} }] }] }));
  assert.ok(isShut({}), 'nothing is let in');
  assert.ok(!isShut({ podSelector, ingress: [{}] }));
  assert.ok(!isShut({ podSelector, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }] }));
  assert.ok(!isShut({ podSelector: { matchLabels: { app: 'metrics-server' } } }));
});

test("policies of network plugins that name the cluster DNS's labels are found", () => {
  const cilium = {
    metadata: { name: 'c', namespace: 'shop' },
    spec: { egress: [{ toEndpoints: [{ matchLabels: { 'k8s:k8s-app': 'kube-dns' } }] }] },
  };
  assert.match(toldIn({ ciliumPolicies: [cilium] }).join(), /^first: 1 policy of the network plugin names/);
  assert.deepEqual(toldIn({ ciliumPolicies: [{ metadata: { name: 'c' }, spec: { egress: [] } }] }), []);
});
