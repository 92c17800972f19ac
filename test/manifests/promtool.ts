// promtool — Prometheus's own program, where there is one: it reads all rules and queries, and plays the drills to the rules.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Drill, drills, shownIn } from './drills.ts';
import { groups, queries } from './watched.ts';

/** The program of $PROMTOOL, or the first on the PATH; undefined where there is none. */
export function findPromtool(env: NodeJS.ProcessEnv): string | undefined {
  const onPath = (env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'promtool'));
  const named = env.PROMTOOL === undefined ? [] : [env.PROMTOOL];
  return [...named, ...onPath].find((path) => existsSync(path));
}

/** @returns what it says; throws with that where a query is none, or a drill ends otherwise than it shall */
export function testRules(promtool: string, played: readonly Drill[] = drills): string {
  const folder = mkdtempSync(join(tmpdir(), 'twindns-alerts-'));
  const write = (name: string, content: object) => {
    writeFileSync(join(folder, name), JSON.stringify(content)); // which is YAML as well
    return join(folder, name);
  };
  const run = (...args: readonly string[]) =>
    execFileSync(promtool, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    const ofRules = write('rules.yaml', { groups });
    const recorded = queries.map(({ expr }, i) => ({ record: `dashboard:query:${i}`, expr }));
    const ofDashboard = write('dashboard.yaml', { groups: [{ name: 'dashboard', rules: recorded }] });
    const tests = played.map(unitTest);
    const drilled = write('drills.yaml', {
      rule_files: ['rules.yaml'],
      evaluation_interval: '15s',
      tests,
    });
    return run('check', 'rules', ofRules, ofDashboard) + run('test', 'rules', drilled);
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`promtool: ${stdout}${stderr}`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** All alerts that have fired at any time of the drill, by name. */
const FIRED = 'count by (alertname) (count_over_time(ALERTS{alertstate="firing"}[2h])) > 0';

function unitTest(drill: Drill): object {
  const labelled = (labels: Readonly<Record<string, string>>) =>
    Object.entries(labels)
      .map(([name, value]) => `${name}="${value}"`)
      .join(',');
  return {
    name: drill.name,
    interval: '15s',
    input_series: shownIn(drill).map(({ name, labels, values }) => ({
      series: `${name}{${labelled(labels)}}`,
      values,
    })),
    promql_expr_test: [
      {
        expr: `count by (alertname) (${FIRED})`,
        eval_time: '80m',
        exp_samples: drill.fires.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
      },
    ],
  };
}
