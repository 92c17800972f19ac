// program.test — what the manifests tell the program is what it understands, and means what it should.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentOf } from '../../chaos/cluster/environment.ts';
import { resourcesOf } from '../../chaos/cluster/manifests.ts';
import { isDaemonSet, isService, type Labels, type Resource } from '../../chaos/cluster/shapes.ts';
import { cleanText, netText, rulesText } from '../../ha/node/command-text.ts';
import { bindError, TwindnsError } from '../../src/errors.ts';
import { runOptions } from '../../src/options/option-table.ts';
import { readOptions } from '../../src/options/options.ts';
import { readText } from '../repository/files.ts';
import {
  cluster,
  clusterOfIpv6,
  containerOf,
  isInstance,
  isKnown,
  isUnknownVariable,
  nameOf,
  optionsOf,
  pairs,
  settingsOf,
  summary,
} from './told.ts';

/** Of one whole. */
const told = async (name: string, where = cluster) => {
  const { resources } = pairs.find(({ folder }) => folder === `manifests/${name}`)!;
  return (await Promise.all(optionsOf(resources, where))).map(summary);
};

test('both slots are told what they should be', async () => {
  const nodeLocal = '169.254.20.10';
  const both = [nodeLocal, '10.96.0.10'];
  const upstream = '10.97.1.2:53';
  const pairOf = (listen: readonly string[], primaryPort: number) => [
    ['primary', listen, `192.0.2.7:${primaryPort}`, upstream],
    ['secondary', listen, '192.0.2.7:9254', upstream],
  ];
  assert.deepEqual(await told('base'), pairOf(both, 9253));
  assert.deepEqual(await told('overlays/beside-node-local-dns'), pairOf(['169.254.20.11'], 9263));
  assert.deepEqual(await told('overlays/ipvs'), pairOf([nodeLocal], 9253));
  assert.deepEqual(await told('overlays/migrate'), pairOf(both, 9263));
  assert.deepEqual(await told('overlays/tun'), pairOf(both, 9253));
  assert.deepEqual(await told('overlays/unprivileged'), pairOf(both, 9253));
  assert.deepEqual(await told('overlays/cilium'), pairOf([cluster.nodeIp], 9253));
  const ofBothFamilies = [nodeLocal, 'fd00:169:254:20::10', '10.96.0.10'];
  assert.deepEqual(await told('overlays/dual-stack'), pairOf(ofBothFamilies, 9253));
});

test('where nodes have IPv6 addresses alone there is none of IPv4', async () => {
  const listen = ['fd00:169:254:20::10', 'fd00:96::a'];
  assert.deepEqual(await told('overlays/ipv6', clusterOfIpv6), [
    ['primary', listen, 'fd00:7::1:9253', 'fd00:96::b0:53'],
    ['secondary', listen, 'fd00:7::1:9254', 'fd00:96::b0:53'],
  ]);
});

test('the primary leads and leaves everything behind; a trial takes its own along, and where nothing is to be kept nothing leads', () => {
  for (const { folder, resources } of pairs) {
    const leads = !/\/(cilium|unprivileged)$/.test(folder);
    const keeps = leads && !/\/(beside-node-local-dns|tun)$/.test(folder);
    const leading = ['run', ...(leads ? ['--leader'] : []), ...(keeps ? ['--keep-interface'] : [])];
    const args = resources
      .filter(isDaemonSet)
      .map((one) => containerOf(one).args!.filter((arg) => !/^--(slot|admin|health)=/.test(arg)));
    assert.deepEqual(args, [leading, ['run']], folder);
  }
});

test('what keeps the interface and the rules for both is told what they are', async () => {
  const resources = resourcesOf('manifests/overlays/unprivileged');
  const net = resources.filter(isDaemonSet).find((one) => !isInstance(one))!;
  const [command, action, ...rest] = containerOf(net).args!;
  assert.deepEqual([command, action], [netText.name, 'watch']);
  assert.ok(rest.every((arg) => netText.rows.some(({ name }) => name === nameOf(arg))));
  const flags = Object.fromEntries(rest.map((arg) => [nameOf(arg), arg.includes('=') ? undefined : 'on']));
  const {
    listen,
    interface: name,
    rules,
    corefile,
  } = readOptions(
    { 'keep-interface': flags['keep-interface']! },
    environmentOf(containerOf(net), resources, cluster),
  );
  for (const options of await Promise.all(optionsOf(resources.filter((one) => one !== net))))
    assert.deepEqual(
      [listen, name, rules, corefile],
      [options.listen, options.interface, options.rules, options.corefile],
    );
});

test('a Service that is missing ends the start with the name of its variable', async () => {
  for (const missing of ['kube-dns', 'twindns-cluster-dns']) {
    const { [missing]: _, ...clusterIps } = cluster.clusterIps;
    const variable = `${missing.toUpperCase().replaceAll('-', '_')}_SERVICE_HOST`;
    const refusals = await Promise.allSettled(optionsOf(pairs[0]!.resources, { ...cluster, clusterIps }));
    for (const refusal of refusals) {
      assert.ok(refusal.status === 'rejected');
      const error: unknown = refusal.reason;
      assert.ok(error instanceof TwindnsError && error.code === 'USAGE', String(error));
      // In the words the page of the manifests explains.
      const said = new RegExp(`"\\$\\(${variable}\\)" is not an? [a-zA-Z ]+`).exec(error.message);
      assert.ok(
        said !== null && readText('manifests/README.md').includes(`\`${said[0].trim()}\``),
        error.message,
      );
    }
  }
});

test('a port that is taken is told in the words the page of the manifests explains', () => {
  const { message } = bindError('/metrics', '--admin', Object.assign(new Error(), { code: 'EADDRINUSE' }));
  const quoted = 'the port is taken by another process';
  assert.ok(message.includes(quoted) && readText('manifests/README.md').includes(`| \`${quoted}\` |`));
});

test('the settings can name the cluster DNS where its Service is called otherwise', async () => {
  const { 'kube-dns': _, ...clusterIps } = cluster.clusterIps;
  const resources = structuredClone(pairs[0]!.resources);
  Object.assign(settingsOf(resources), { KUBE_DNS_SERVICE_HOST: '10.43.0.10' });
  const [primary] = optionsOf(resources, { ...cluster, clusterIps });
  assert.deepEqual((await primary!).listen, ['169.254.20.10', '10.43.0.10']);
});

test('every flag and variable is one of the option table, and the settings are not overruled', () => {
  for (const { folder, resources } of pairs) {
    for (const daemonSet of resources.filter(isDaemonSet)) {
      const { args = [], env = [] } = containerOf(daemonSet);
      const own = env.map(({ name }) => name);
      const given = Object.keys(settingsOf(resources));
      assert.deepEqual(
        args.slice(1).filter((arg) => !isKnown(nameOf(arg))),
        [],
        folder,
      );
      assert.deepEqual([...own, ...given].filter(isUnknownVariable), [], folder);
      assert.deepEqual(
        given.filter((name) => own.includes(name)),
        [],
        folder,
      );
    }
  }
  assert.ok(!isKnown('lisen') && isUnknownVariable('TWINDNS_LISEN') && !isUnknownVariable('NODE_IP'));
});

test('in a container each command reads its options from the environment, not `run` alone', () => {
  for (const { folder, resources } of pairs) {
    for (const daemonSet of resources.filter(isDaemonSet)) {
      const options = readOptions({}, environmentOf(containerOf(daemonSet), resources, cluster));
      const wanted = containerOf(daemonSet)
        .env!.find(({ name }) => name === 'TWINDNS_LISTEN')!
        .value!.startsWith('$(NODE_LOCAL_ADDRESS)')
        ? settingsOf(resources).NODE_LOCAL_ADDRESS!.split(',')[0]
        : cluster.nodeIp;
      assert.equal(options.listen[0], wanted, folder);
    }
  }
});

test('no Service makes a variable that is one of ours', () => {
  const services = pairs.flatMap(({ resources }) => resources.filter(isService));
  const clusterIps = Object.fromEntries(services.map(({ metadata }) => [metadata.name, '10.96.9.9']));
  const variablesOf = (resources: readonly Resource[], ips: Labels) =>
    Object.keys(environmentOf({ name: '', image: '' }, resources, { nodeIp: '', clusterIps: ips }));
  const ours = (name: string) => runOptions.some(({ env }) => env === name);
  assert.deepEqual(variablesOf(services, clusterIps).filter(ours), []);
  assert.deepEqual(variablesOf([], { twindns: '10.96.9.9' }).filter(ours), ['TWINDNS_PORT']);
});

test('what cleans up runs a command of the program, for the interface of the settings and that of the trial', async () => {
  const resources = structuredClone(resourcesOf('manifests/clean'));
  Object.assign(settingsOf(resources), { TWINDNS_INTERFACE: 'mine' });
  const pod = resources.find(isDaemonSet)!.spec.template.spec;
  const interfaces = pod.initContainers!.map((one) => {
    const [command, ...rest] = one.args!;
    assert.ok(isCommand([command!]), String(one.args));
    const flags = Object.fromEntries(rest.map((arg) => [nameOf(arg), arg.replace(/^[^=]*=/, '')]));
    return readOptions(flags, environmentOf(one, resources, cluster)).interface;
  });
  const { resources: trial } = pairs.find(({ folder }) => folder.endsWith('/beside-node-local-dns'))!;
  assert.deepEqual(interfaces, ['mine', settingsOf(trial).TWINDNS_INTERFACE]);
  assert.ok(!isCommand(['klean']));
});

// ---------------------------------------------------------------------------------------------------------------------

function isCommand([command]: readonly string[]): boolean {
  return [rulesText, cleanText, netText].some(({ name }) => name === command);
}
