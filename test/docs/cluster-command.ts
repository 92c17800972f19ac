// cluster-command — what a page tells an operator to type, held against the manifests: there is no cluster to try it on.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { composed, resourcesOf } from '../../chaos/cluster/manifests.ts';
import { isDaemonSet } from '../../chaos/cluster/shapes.ts';
import { cleanText, netText, rulesText } from '../../ha/node/command-text.ts';
import { cacheText } from '../../src/control/command-text.ts';
import { diagnoseText } from '../../src/diagnose/command-text.ts';
import { topText } from '../../src/top/command-text.ts';
import { chartFolder, type Values, values } from '../manifests/chart.ts';
import { wholes } from '../manifests/manifests.ts';
import { readText, root } from '../repository/files.ts';

/** What is wrong with a `kubectl`, `helm` or `docker build` command, one sentence each. */
export function clusterProblems(command: string): string[] {
  const [own = '', inside = ''] = command.split(' -- ');
  const words = own.split(/\s+/);
  return [
    ...(problemsOf[words[0]!] ?? kubectlProblems)(words),
    ...(inside === '' ? [] : insideProblems(inside.split(/\s+/))),
  ];
}

// ---------------------------------------------------------------------------------------------------------------------

const resources = wholes.flatMap(resourcesOf);
const daemonSets = resources.filter(isDaemonSet).map(({ metadata }) => metadata.name);
/** What others have on a cluster. */
const foreign = ['node-local-dns', 'node-local-dns-second'];
/** What others have in files. */
const foreignFiles = ['nodelocaldns.yaml', 'node-local-dns-second.yaml'];

const problemsOf: Readonly<Record<string, (words: readonly string[]) => string[]>> = {
  docker: dockerProblems,
  helm: helmProblems,
};

function kubectlProblems(words: readonly string[]): string[] {
  const namespaced = words[1] === '-n';
  const [verb = '', ...rest] = words.slice(namespaced ? 3 : 1);
  const folder = valueAfter(rest, '-k');
  const file = valueAfter(rest, '-f');
  const selector = valueAfter(rest, '-l');
  const name = /daemonset[/ ](\S+)/.exec(rest.join(' '))?.[1];
  return [
    ...(['apply', 'delete', 'rollout', 'exec', 'logs', 'get', 'label', 'patch'].includes(verb)
      ? []
      : [`no test knows ${verb}`]),
    ...(namespaced && words[2] !== 'kube-system' ? [`${words[2]} is not where the manifests are`] : []),
    ...(verb === 'label' ? labelProblems(rest) : []),
    // A kustomization says its namespace itself, and so does a file; nodes have none.
    ...(namespaced === ((folder ?? file) === undefined && verb !== 'label')
      ? []
      : ['names the namespace twice, or not at all']),
    ...(file === undefined || foreignFiles.includes(file) ? [] : [`there is no ${file}`]),
    ...(folder === undefined || wholes.some((one) => one === folder)
      ? []
      : [`${folder} is no kustomization`]),
    ...(name === undefined || [...daemonSets, ...foreign].includes(name)
      ? []
      : [`there is no DaemonSet ${name}`]),
    ...(selector === undefined || selects(selector) ? [] : [`${selector} is the label of nothing`]),
  ];
}

/** The label that one of the components selects nodes by. */
function labelProblems([what, , label = '']: readonly string[]): string[] {
  const [pair] = composed(
    { kind: 'Kustomization', resources: ['base'], components: ['components/chosen-nodes'] },
    'manifests',
  ).filter(isDaemonSet);
  const chosen = Object.entries(pair!.spec.template.spec.nodeSelector!).map(
    ([key, value]) => `${key}=${value}`,
  );
  return what === 'node' && chosen.includes(label) ? [] : [`no component selects nodes by ${label}`];
}

function dockerProblems(words: readonly string[]): string[] {
  const { version } = JSON.parse(readText('package.json')) as { version: string };
  const file = valueAfter(words, '--file') ?? 'Dockerfile';
  const tag = valueAfter(words, '--tag');
  return [
    ...(words[1] === 'build' && words.at(-1) === '.' ? [] : ['is not a build of this checkout']),
    ...(existsSync(join(root, file)) ? [] : [`there is no ${file}`]),
    ...(tag === `twindns:${version}` ? [] : [`${tag} is not the image of the manifests`]),
  ];
}

function helmProblems(words: readonly string[]): string[] {
  const installs = words.includes('--install');
  const set = (valueAfter(words, '--set') ?? '').split(',').filter((one) => one !== '');
  const hasValue = (path: string) =>
    path.split('.').reduce<unknown>((at, key) => (at as Values | undefined)?.[key], values) !== undefined;
  return [
    ...(['upgrade', 'uninstall'].includes(words[1]!) ? [] : [`no test knows ${words[1]}`]),
    ...(valueAfter(words, '--namespace') === 'kube-system' ? [] : ['is not for kube-system']),
    ...(!installs || words.includes(chartFolder) ? [] : ['names no chart of ours']),
    ...set
      .map((one) => one.split('=')[0]!)
      .filter((path) => !hasValue(path))
      .map((path) => `there is no ${path}`),
  ];
}

function insideProblems([program, command]: readonly string[]): string[] {
  const known =
    readText('src/cli.ts').includes(`.command('${command}')`) ||
    [rulesText, cleanText, netText, cacheText, topText, diagnoseText].some(({ name }) => name === command);
  return program === 'twindns' && known ? [] : [`the image has no ${program} ${command}`];
}

function valueAfter(words: readonly string[], flag: string): string | undefined {
  const at = words.indexOf(flag);
  return at < 0 ? undefined : (words[at + 1] ?? '');
}

function selects(selector: string): boolean {
  const [key = '', value] = selector.split(/!?=/);
  return resources.some(({ metadata }) => metadata.labels?.[key] === value);
}
