// program.test — what the manifests tell the program is what it understands, and what they ask of it is what it serves.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Actions, type Flags, runCli } from '../../src/cli.ts';
import { bindError, TwindnsError } from '../../src/errors.ts';
import { type OptionRow, type Options, readOptions, runOptions } from '../../src/options/options.ts';
import { readText } from '../repository/files.ts';
import { type Cluster, environmentOf, expanded } from './environment.ts';
import { readYaml, resourcesOf, wholes } from './manifests.ts';
import {
  type Container,
  type DaemonSet,
  isDaemonSet,
  isService,
  type Labels,
  type Resource,
} from './shapes.ts';

/**
 * Agreed on, but perhaps not in the option table yet: as long as one is not, it is left out here. Once it is there it is
 * checked as all others are, without a change of this file.
 */
const awaited = ['leader', 'keep-interface', 'interface', 'interface-type', 'rules', 'sync-interval'];
/** The same for commands. */
const awaitedCommands = ['clean'];

const cluster: Cluster = {
  nodeIp: '192.0.2.7',
  clusterIps: { 'kube-dns': '10.96.0.10', 'kube-dns-upstream': '10.97.1.2', metrics: '10.98.0.3' },
};

const pairs = wholes
  .map((folder) => ({ folder, resources: resourcesOf(folder) }))
  .filter(({ resources }) => resources.some(({ metadata }) => metadata.name === 'twindns-primary'));

test('both slots are told what they should be', async () => {
  const told = await Promise.all(pairs.map(({ resources }) => Promise.all(optionsOf(resources))));
  const [base, beside, ipvs] = told.map((pair) => pair.map(summary));
  const both = ['169.254.20.10', '10.96.0.10'];
  const upstream = '10.97.1.2:53';
  assert.deepEqual(base, [
    ['primary', both, '192.0.2.7:9253', upstream],
    ['secondary', both, '192.0.2.7:9254', upstream],
  ]);
  assert.deepEqual(beside, [
    ['primary', ['169.254.20.11'], '192.0.2.7:9263', upstream],
    ['secondary', ['169.254.20.11'], '192.0.2.7:9254', upstream],
  ]);
  assert.deepEqual(ipvs, [
    ['primary', ['169.254.20.10'], '192.0.2.7:9253', upstream],
    ['secondary', ['169.254.20.10'], '192.0.2.7:9254', upstream],
  ]);
});

test('the primary leads and leaves everything behind; beside another cache it takes its own along', () => {
  const argsOf = ({ resources }: (typeof pairs)[number]) =>
    resources
      .filter(isDaemonSet)
      .map((one) => containerOf(one).args!.filter((arg) => !/^--(slot|admin)=/.test(arg)));
  const leading = ['run', '--leader', '--keep-interface'];
  assert.deepEqual(pairs.map(argsOf), [
    [leading, ['run']],
    [['run', '--leader', '--interface=twindns'], ['run']],
    [leading, ['run']],
  ]);
});

test('a Service that is missing ends the start with the name of its variable', async () => {
  for (const missing of ['kube-dns', 'kube-dns-upstream']) {
    const { [missing]: _, ...clusterIps } = cluster.clusterIps;
    const variable = `${missing.toUpperCase().replaceAll('-', '_')}_SERVICE_HOST`;
    const refusals = await Promise.allSettled(optionsOf(pairs[0]!.resources, { ...cluster, clusterIps }));
    for (const refusal of refusals) {
      assert.ok(refusal.status === 'rejected');
      const error: unknown = refusal.reason;
      assert.ok(error instanceof TwindnsError && error.code === 'USAGE', String(error));
      // In the words the README explains.
      const said = new RegExp(`"\\$\\(${variable}\\)" is not an? [a-zA-Z ]+`).exec(error.message);
      assert.ok(said !== null && readText('README.md').includes(`\`${said[0].trim()}\``), error.message);
    }
  }
});

test('a port that is taken is told in the words the README explains', () => {
  const { message } = bindError('/metrics', '--admin', Object.assign(new Error(), { code: 'EADDRINUSE' }));
  const quoted = 'the port is taken by another process';
  assert.ok(message.includes(quoted) && readText('README.md').includes(`| \`${quoted}\` |`));
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

test('no Service makes a variable that is one of ours', () => {
  const services = pairs.flatMap(({ resources }) => resources.filter(isService));
  const clusterIps = Object.fromEntries(services.map(({ metadata }) => [metadata.name, '10.96.9.9']));
  const variablesOf = (resources: readonly Resource[], ips: Labels) =>
    Object.keys(environmentOf({ name: '', image: '' }, resources, { nodeIp: '', clusterIps: ips }));
  const ours = (name: string) => runOptions.some(({ env }) => env === name);
  assert.deepEqual(variablesOf(services, clusterIps).filter(ours), []);
  assert.deepEqual(variablesOf([], { twindns: '10.96.9.9' }).filter(ours), ['TWINDNS_PORT']);
});

test('probes ask for paths that are served, at the admin port, with patience for what they ask', async () => {
  const source = readText('src/admin/admin.ts');
  const paths = [...source.matchAll(/case '(\/[a-z]+)'/g)].map(([, path]) => path);
  assert.ok(paths.includes('/health') && paths.includes('/ready'));
  for (const { resources } of pairs) {
    for (const [i, daemonSet] of resources.filter(isDaemonSet).entries()) {
      const { admin } = await optionsOf(resources)[i]!;
      assert.ok(admin !== 'auto');
      const { startupProbe, livenessProbe, readinessProbe } = containerOf(daemonSet);
      const probes = [startupProbe!, livenessProbe!, readinessProbe!];
      assert.deepEqual(
        probes.map(({ httpGet }) => httpGet.path),
        ['/health', '/health', '/ready'],
      );
      for (const { httpGet, timeoutSeconds } of probes) {
        assert.ok(paths.includes(httpGet.path));
        // Without a host the kubelet asks the pod's address, which on the node's network is the node's.
        assert.deepEqual([httpGet.host ?? cluster.nodeIp, httpGet.port], [admin.address, admin.port]);
        assert.ok(timeoutSeconds >= 2); // an instance takes up to one second to ask itself
      }
      assert.equal(daemonSet.spec.template.metadata.annotations!['prometheus.io/port'], String(admin.port));
      const service = resources
        .filter(isService)
        .find(({ metadata }) => metadata.name === daemonSet.metadata.name)!;
      assert.deepEqual(
        service.spec.ports.map(({ targetPort }) => targetPort),
        [admin.port],
      );
    }
  }
});

test('`twindns status` in a container asks both instances of its node', async () => {
  for (const { resources } of pairs) {
    const admins = (await Promise.all(optionsOf(resources))).map((options) => summary(options)[2]);
    for (const daemonSet of resources.filter(isDaemonSet))
      assert.equal(environmentOf(containerOf(daemonSet), resources, cluster).TWINDNS_ADMIN, admins.join());
  }
});

test('the grace period is longer than the longest drain', async () => {
  for (const { resources } of pairs) {
    for (const [i, { spec }] of resources.filter(isDaemonSet).entries()) {
      const options = await optionsOf(resources)[i]!;
      assert.ok(spec.template.spec.terminationGracePeriodSeconds! * 1000 >= options['drain-timeout'] + 5000);
    }
  }
});

test('what cleans up runs a command of the program', () => {
  const pod = (readYaml('manifests/clean/clean.yaml') as DaemonSet).spec.template.spec;
  for (const { args } of pod.initContainers!) assert.ok(isCommand(args!), String(args));
  assert.ok(!isCommand(['klean']));
});

// ---------------------------------------------------------------------------------------------------------------------

const rows: readonly OptionRow[] = runOptions;

/** Of each DaemonSet in turn, as the program reads them. */
function optionsOf(resources: readonly Resource[], where = cluster): Promise<Options>[] {
  return resources.filter(isDaemonSet).map(async (daemonSet) => {
    const container = containerOf(daemonSet);
    const env = environmentOf(container, resources, where);
    const args = container.args!.map((arg) => expanded(arg, env));
    return readOptions(await flagsOf(args.filter((arg) => !isAwaited(nameOf(arg)))), env);
  });
}

/** Rejects if one is not known. */
function flagsOf(args: readonly string[]): Promise<Flags> {
  return new Promise((resolve, reject) => {
    const actions: Partial<Actions> = { run: async (flags) => resolve(flags) };
    runCli(args, actions as Actions).then(() => reject(new Error(`not run: ${args.join(' ')}`)), reject);
  });
}

function summary({ slot, listen, admin, 'cluster-dns': servers }: Options): unknown[] {
  assert.ok(admin !== 'auto');
  const texts = servers.map(({ address, port }) => `${address}:${port}`);
  return [slot, listen, `${admin.address}:${admin.port}`, texts.join()];
}

function nameOf(arg: string): string {
  return arg.replace(/^--/, '').replace(/=.*/, '');
}

function isAwaited(name: string): boolean {
  return awaited.includes(name) && !rows.some((row) => row.name === name);
}

function isKnown(name: string): boolean {
  return isAwaited(name) || rows.some((row) => row.name === name);
}

function isUnknownVariable(name: string): boolean {
  return name.startsWith('TWINDNS_') && !rows.some(({ env }) => env === name);
}

function isCommand([command]: readonly string[]): boolean {
  const source = readText('src/cli.ts');
  return awaitedCommands.includes(command!) || source.includes(`.command('${command}')`);
}

function settingsOf(resources: readonly Resource[]): Labels {
  return (resources.find(({ kind }) => kind === 'ConfigMap') as Resource & { data: Labels }).data;
}

function containerOf({ spec }: DaemonSet): Container {
  return spec.template.spec.containers[0]!;
}
