// render-chart — npm run chart: renders the chart by Helm, with each of its switches, and compares with kustomize.

import { differences, findHelm, renderedByHelm, renderedByKustomize, switches } from './chart.ts';

const helm = findHelm(process.env);
if (helm === undefined) {
  process.stderr.write('no helm: put it on the PATH, or name it in $HELM. Nothing was compared.\n');
  process.exit(1);
}
const shown = [{ path: undefined, folder: undefined }, ...switches];
for (const { path, folder } of shown) {
  const found = differences(
    renderedByHelm(helm, path === undefined ? [] : [`${path}=true`]),
    renderedByKustomize(folder),
  );
  const what = `${path ?? 'the default'} and ${folder ?? 'manifests/base'}`;
  process.stdout.write(
    found.length === 0 ? `same    ${what}\n` : `DIFFER  ${what}\n  ${found.join('\n  ')}\n`,
  );
  if (found.length > 0) process.exitCode = 1;
}
