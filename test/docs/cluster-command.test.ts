// cluster-command.test — a command that the manifests do not bear out is found.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterProblems } from './cluster-command.ts';

test('a command for a cluster that names what is there passes', () => {
  for (const command of [
    'kubectl apply -k manifests/base -l app.kubernetes.io/component!=secondary',
    'kubectl -n kube-system rollout status daemonset/twindns-primary',
    'kubectl apply -f nodelocaldns.yaml',
    'kubectl label node worker-1 twindns=on',
    'kubectl -n kube-system get pods -l app.kubernetes.io/name=twindns --output=wide',
    'kubectl -n kube-system exec daemonset/twindns-primary -- twindns query a.example --server 192.0.2.1',
    'docker build --file manifests/image/Dockerfile --tag twindns:0.1.0 .',
    'helm upgrade --install twindns manifests/chart --namespace kube-system --set image.repository=a,overlays.tun=true',
  ])
    assert.deepEqual(clusterProblems(command), [], command);
});

test('each thing that is not there is found', () => {
  for (const command of [
    'kubectl apply -k manifests/bass',
    'kubectl -n kube-system apply -k manifests/base',
    'kubectl apply -f nodelocldns.yaml',
    'kubectl label node worker-1 twindns=off',
    'kubectl -n kube-system label node worker-1 twindns=on',
    'kubectl apply -k manifests/base -l app.kubernetes.io/component!=tertiary',
    'kubectl apply -k manifests/base -l component!=secondary',
    'kubectl rollout status daemonset/twindns-primary',
    'kubectl -n default rollout status daemonset/twindns-primary',
    'kubectl -n kube-system rollout status daemonset/twindns-first',
    'kubectl -n kube-system drain daemonset/twindns-primary',
    'kubectl -n kube-system exec daemonset/twindns-primary -- twindns stauts',
    'kubectl -n kube-system exec daemonset/twindns-primary -- sh status',
    'docker build --file manifests/Dockerfile --tag twindns:0.1.0 .',
    'docker build --file manifests/image/Dockerfile --tag twindns:latest .',
    'docker build --file manifests/image/Dockerfile --tag twindns:0.1.0 ..',
    'helm upgrade --install twindns manifests/chrt --namespace kube-system',
    'helm upgrade --install twindns manifests/chart --namespace default',
    'helm upgrade --install twindns manifests/chart --namespace kube-system --set overlays.tunn=true',
    'helm rollback twindns --namespace kube-system',
  ])
    assert.equal(clusterProblems(command).length, 1, command);
});
