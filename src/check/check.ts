// check — `twindns check`: whether instances would take a Corefile, or settings, said before any of them is stopped for it.

import { readFileSync } from 'node:fs';
import type { Environment } from '../corefile/environment.ts';
import type { Fault } from '../corefile/fault-list.ts';
import { formatFaults } from '../corefile/fault-list.ts';
import { MOST_BYTES } from '../corefile/import-source.ts';
import { asTemplate, clusterDnsService, KUBE_DNS } from '../corefile/node-cache.ts';
import { type ReadCorefile, readCorefile } from '../corefile/read-corefile.ts';
import { type Surroundings, surroundingsOf } from '../corefile/surroundings.ts';
import { whyUnreadable } from '../corefile/unreadable.ts';
import { TwindnsError } from '../errors.ts';
import { parseAddress } from '../options/endpoint.ts';
import { readOptions } from '../options/options.ts';
import { toldEnvironment } from '../options/told-environment.ts';
import { planAsJson } from './plan-as-json.ts';
import { isSettings, readSettings } from './settings.ts';
import { showPlan } from './show-plan.ts';
import { type Asked, askedOf, showTrace, traceOf } from './trace.ts';

export interface Check {
  readonly file: string;
  readonly json: boolean;
  /** What would happen to a query for it, instead of the plan. */
  readonly name: string | undefined;
  readonly type: string;
  /** The address the query would come from. */
  readonly client: string;
}

/**
 * Prints what a file comes to.
 *
 * @throws TwindnsError CONFIG_REFUSED with all that is wrong, FAILED if the file cannot be read
 */
export async function check(
  { file, json, name, type, client }: Check,
  env: Environment,
  print: (text: string) => void,
): Promise<void> {
  const asked = name === undefined ? undefined : askedOf(name, type, clientOf(client));
  const told = toldBy(env);
  const here = surroundingsOf(toldEnvironment(env), told);
  const text = textOf(file, here);
  if (isSettings(text)) return checkSettings(file, text, json, print);
  const isUnknown = told.clusterDns.length === 0 && clusterDnsService(env) === undefined;
  const known = isUnknown ? [STAND_IN] : told.clusterDns;
  const template = asTemplate(file, withText(here, file, text), known, KUBE_DNS);
  const read = await readCorefile(file, template.surroundings);
  const traces = asked === undefined || read.faults.length > 0 ? [] : await traceOf(read.plan, asked, file);
  if (json) print(`${JSON.stringify(asJson(read, asked, traces), null, 2)}\n`);
  if (read.faults.length > 0) throw refusal(file, formatFaults(read.faults, read.dropped));
  if (json) return;
  print(asked === undefined ? showPlan(read.plan, file) : showTrace(traces, asked));
  if (asked !== undefined) return;
  const remarks = [
    ...template.remarks(),
    ...(isUnknown && text.includes(CLUSTER_DNS)
      ? [`${CLUSTER_DNS} is not known here, so ${STAND_IN} stands for it. Say it by TWINDNS_CLUSTER_DNS.`]
      : []),
  ].map((sentence) => ({ file, line: 1, sentence }));
  const warnings = [...remarks, ...read.warnings].map(asWarning);
  if (warnings.length > 0) print(`\n${formatFaults(warnings, read.dropped)}\n`);
}

// ---------------------------------------------------------------------------------------------------------------------

const CLUSTER_DNS = '__PILLAR__CLUSTER__DNS__';
/** An address of documentation (RFC 5737). */
const STAND_IN = '192.0.2.53';

/** Where blocks without `bind` are served, and what the cluster DNS is, as far as the environment says it. */
function toldBy({ TWINDNS_LISTEN, TWINDNS_PORT, TWINDNS_CLUSTER_DNS }: Environment) {
  const {
    listen,
    port,
    'cluster-dns': servers,
  } = readOptions({}, { TWINDNS_LISTEN, TWINDNS_PORT, TWINDNS_CLUSTER_DNS });
  return { listen, port, clusterDns: servers.map(({ address }) => address) };
}

/** A file is read once: from a pipe it comes once. */
function withText(here: Surroundings, file: string, text: string): Surroundings {
  return { ...here, readFile: (path, most) => (path === file ? text : here.readFile(path, most)) };
}

function checkSettings(file: string, text: string, json: boolean, print: (text: string) => void): void {
  const { found, problems } = readSettings(text);
  if (json)
    print(
      `${JSON.stringify({ accepted: problems.length === 0, settings: found.size, problems }, null, 2)}\n`,
    );
  if (problems.length > 0) throw refusal(file, problems.join('\n'));
  if (!json) print(`${found.size} settings, and an instance takes all of them.\n`);
}

function refusal(file: string, problems: string): TwindnsError {
  return new TwindnsError('CONFIG_REFUSED', `${file} would be refused:\n${problems}`);
}

function asJson(
  { plan, faults, warnings, files }: ReadCorefile,
  asked: Asked | undefined,
  traces: Awaited<ReturnType<typeof traceOf>>,
) {
  const accepted = faults.length === 0;
  return asked === undefined
    ? { accepted, faults, warnings, files, plan: accepted ? planAsJson(plan) : null }
    : { accepted, faults, name: asked.name, type: asked.type, traces };
}

function asWarning({ sentence, ...place }: Fault): Fault {
  return { ...place, sentence: `warning: ${sentence}` };
}

function clientOf(text: string): string {
  const address = parseAddress(text);
  if (address !== undefined) return address;
  throw new TwindnsError(
    'USAGE',
    `--client is ${JSON.stringify(text)}: not an IP address. Give one such as 10.0.0.1.`,
  );
}

/** Standard input, as programs call it. */
const STDIN = '-';

function textOf(file: string, { readFile }: Surroundings): string {
  try {
    return file === STDIN ? readFileSync(0, 'utf8') : readFile(file, MOST_BYTES);
  } catch (cause) {
    throw new TwindnsError('FAILED', `cannot read ${file}: ${whyUnreadable(cause)}.`, { cause });
  }
}
