// plan-source — where the plan of an instance comes from: its flags, or a Corefile that is read again when it changes.
//
//   the file, or what it imports, has changed ─► read whole ─► refused: told once, the plan until now goes on
//                                                          └─► another plan: it holds from the next query on

import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../config.ts';
import type { ReadCorefile } from '../corefile/read-corefile.ts';
import type { Counters } from '../counters.ts';
import { messageOf, TwindnsError } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { flagsPlan } from '../options/flags-plan.ts';
import { toldEnvironment } from '../options/told-environment.ts';
import { hasAutopath, withAutopath } from './autopath-plan.ts';
import type { Plan } from './plan.ts';

export interface PlanSource {
  readonly plan: Plan;
  /** @param take serves by another plan; rejects where it cannot  @returns ends it */
  watch(take: Take, counters: ReloadCounters): () => void;
}

type Take = (plan: Plan) => void | Promise<void>;

/** What reading it again came to. */
export type ReloadCounters = Pick<Counters['events'], 'reloads' | 'reloadsFailed'>;

/** A Corefile as it was read, and what else is to be said of it. */
export interface Reading extends ReadCorefile {
  readonly remarks: readonly string[];
}

/** @throws TwindnsError CONFIG_REFUSED with all that is wrong with the Corefile */
export async function planSource(
  config: Config,
  log: Log,
  readFiles: (path: string, config: Config) => Promise<Reading> = reading,
): Promise<PlanSource> {
  const { corefile } = config;
  if (corefile === undefined) return { plan: flagsPlan(config), watch: () => () => {} };
  const source = new CorefileSource(corefile, log, async (path) =>
    withFlags(await readFiles(path, config), config),
  );
  await source.begin();
  return source;
}

// ---------------------------------------------------------------------------------------------------------------------

async function reading(path: string, config: Config): Promise<Reading> {
  const [{ readCorefile }, { surroundingsOf }, { asTemplate }] = await Promise.all([
    import('../corefile/read-corefile.ts'),
    import('../corefile/surroundings.ts'),
    import('../corefile/node-cache.ts'),
  ]);
  const { pillarClusterDns, kubeDnsConfig } = config;
  const surroundings = surroundingsOf(toldEnvironment(process.env, config.clusterDomain), config);
  const template = asTemplate(path, surroundings, pillarClusterDns, kubeDnsConfig);
  const read = await readCorefile(path, template.surroundings);
  return { ...read, files: [...read.files, ...template.files], remarks: template.remarks() };
}

/** What flags add to what a Corefile says. */
function withFlags(read: Reading, { autopath, clusterDomain }: Config): Reading {
  if (autopath === undefined) return read;
  const plan = withAutopath(read.plan, clusterDomain, autopath);
  const remark = `--autopath does nothing: it needs a block for ${clusterDomain} and one for all names, at the same address`;
  return { ...read, plan, remarks: hasAutopath(plan) ? read.remarks : [...read.remarks, remark] };
}

class CorefileSource implements PlanSource {
  readonly #path: string;
  readonly #log: Log;
  readonly #readFiles: (path: string) => Promise<Reading>;
  #plan: Plan | undefined;
  #files: readonly string[];
  /** Of the files as they were when they were read last, whatever came of it. */
  #seen = '';
  #isReading = false;
  /** It was asked for since it was begun. */
  #isAsked = false;

  constructor(path: string, log: Log, readFiles: (path: string) => Promise<Reading>) {
    this.#path = path;
    this.#files = [path];
    this.#log = log;
    this.#readFiles = readFiles;
  }

  get plan(): Plan {
    return this.#plan!;
  }

  /** @throws TwindnsError CONFIG_REFUSED */
  async read(): Promise<Plan> {
    const known = this.#files;
    const before = lookOf(known);
    const read = await this.#readFiles(this.#path);
    this.#files = [this.#path, ...read.files];
    // What has changed meanwhile may have been read as it was before.
    this.#seen = lookOf(known) === before ? lookOf(this.#files) : '';
    if (read.faults.length > 0)
      throw new TwindnsError(
        'CONFIG_REFUSED',
        [
          ...read.faults.map(({ file, line, sentence }) => `${file}:${line}: ${sentence}`),
          ...(read.dropped > 0 ? [`… and ${read.dropped} more.`] : []),
        ].join('\n'),
      );
    for (const { file, line, sentence } of read.warnings)
      this.#log.warn('Corefile', { at: `${file}:${line}`, remark: sentence });
    for (const remark of read.remarks) this.#log.warn('Corefile', { remark });
    return read.plan;
  }

  async begin(): Promise<void> {
    this.#plan = await this.read();
  }

  watch(take: Take, counters: ReloadCounters): () => void {
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const again = () => {
      clearTimeout(timer);
      const { reload } = this.plan;
      if (reload === undefined || isOver) return;
      const { interval, jitter } = reload;
      timer = setTimeout(look, interval + (Math.random() - 0.5) * jitter).unref();
    };
    const look = () => (lookOf(this.#files) === this.#seen ? again() : asked());
    const takeUnlessOver = async (plan: Plan) => {
      if (!isOver) await take(plan);
    };
    // What is taken may say otherwise when to look.
    const asked = () => void this.#reload(takeUnlessOver, counters).then(again);
    process.on('SIGHUP', asked);
    process.on('SIGUSR1', asked);
    again();
    return () => {
      isOver = true;
      clearTimeout(timer);
      process.off('SIGHUP', asked);
      process.off('SIGUSR1', asked);
    };
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Once more behind it, if it is asked for meanwhile: what it reads may be older than the wish. */
  async #reload(take: Take, counters: ReloadCounters): Promise<void> {
    this.#isAsked = true;
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#isAsked) {
      this.#isAsked = false;
      await this.#readAgain(take, counters);
    }
    this.#isReading = false;
  }

  async #readAgain(take: Take, counters: ReloadCounters): Promise<void> {
    try {
      const plan = await this.read();
      try {
        await take(plan);
      } catch (error) {
        this.#seen = ''; // what keeps it from being served may pass: it is tried again at the next look
        throw error;
      }
      this.#plan = plan;
      counters.reloads++;
      this.#log.info('the Corefile was read again, and holds', { file: this.#path });
    } catch (error) {
      counters.reloadsFailed++;
      this.#log.error('the Corefile is refused; what was served before is', {
        file: this.#path,
        reason: messageOf(error),
      });
    }
  }
}

/** Changes when one of the files does, or what is beside it in its directory, where an import may look. */
function lookOf(files: readonly string[]): string {
  return [...new Set(files.flatMap((file) => [file, dirname(file)]))].map(lookAt).join();
}

function lookAt(path: string): string {
  const about = statSync(path, { throwIfNoEntry: false, bigint: true });
  return about === undefined ? '-' : `${about.dev} ${about.ino} ${about.size} ${about.mtimeNs}`;
}
