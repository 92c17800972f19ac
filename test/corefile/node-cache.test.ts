// node-cache.test — a template is read with its placeholders filled in, and the stub domains of a ConfigMap behind it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asTemplate } from '../../src/corefile/node-cache.ts';
import { surroundingsOf } from '../../src/corefile/surroundings.ts';

const text = '.:53 {\n    bind __PILLAR__LOCAL__DNS__\n    forward . __PILLAR__CLUSTER__DNS__\n}\n';

function filled(files: Readonly<Record<string, string>>, env = {}, clusterDns: readonly string[] = []) {
  const surroundings = {
    ...surroundingsOf(env, { listen: ['169.254.20.10', '10.96.0.10'], port: 53 }),
    readFile(path: string) {
      const found = files[path];
      if (found === undefined) throw new Error(`no ${path}`);
      return found;
    },
  };
  const template = asTemplate('/c/Corefile', surroundings, clusterDns, '/k');
  return { text: template.surroundings.readFile('/c/Corefile', 9999), remarks: template.remarks(), template };
}

test('the cluster DNS is that of a flag, of kube-dns-upstream, of kube-dns, in this order', () => {
  const [upstream, kube] = ['10.96.0.11', '10.96.0.10'];
  const env = { KUBE_DNS_UPSTREAM_SERVICE_HOST: upstream, KUBE_DNS_SERVICE_HOST: kube };
  const of = (environment: object, flag: string[] = []) =>
    /forward \. (.*)/.exec(filled({ '/c/Corefile': text }, environment, flag).text)![1];
  assert.deepEqual(
    [of(env, ['192.0.2.1', '192.0.2.2']), of(env), of({ KUBE_DNS_SERVICE_HOST: kube })],
    ['192.0.2.1 192.0.2.2', upstream, kube],
  );
  assert.match(filled({ '/c/Corefile': text }).remarks.join(), /__PILLAR__CLUSTER__DNS__ is left as it is/);
});

test('stub domains get blocks behind the file, and what is wrong with them is told', () => {
  const env = { KUBE_DNS_SERVICE_HOST: '10.96.0.10' };
  const { text: made, remarks } = filled(
    { '/c/Corefile': text, '/k/stubDomains': '{"corp.example": ["192.0.2.1"], "Bad": ["192.0.2.1"]}' },
    env,
  );
  assert.match(
    made,
    /corp\.example:53 \{[^}]*bind 169\.254\.20\.10 10\.96\.0\.10\n[^}]*forward \. 192\.0\.2\.1\n/,
  );
  assert.match(remarks.join(), /"Bad" is no domain/);
});

test('a file that is imported is left as it is, and without a ConfigMap nothing is added', () => {
  const { template, text: made } = filled({ '/c/Corefile': 'x', '/c/other': '__PILLAR__LOCAL__DNS__' });
  assert.equal(made, 'x');
  assert.equal(template.surroundings.readFile('/c/other', 99), '__PILLAR__LOCAL__DNS__');
  assert.deepEqual(template.files, ['/k/stubDomains', '/k/upstreamNameservers']);
});
