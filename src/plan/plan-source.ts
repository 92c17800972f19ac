// plan-source — where the plan of an instance comes from: its flags, or a Corefile that is read again when it changes.
//
//   the file, or what it imports, has changed ─► read whole ─► refused: told once, the plan until now goes on
//                                                          └─► another plan: it holds from the next query on

import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../config.ts';
import type { Counters } from '../counters.ts';
import { messageOf, TwindnsError } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { flagsPlan } from '../options/flags-plan.ts';
import { toldEnvironment } from '../options/told-environment.ts';
import type { Plan } from './plan.ts';

export interface PlanSource {
  readonly plan: Plan;
  /** @param take serves by another plan from now on; throws where it cannot  @returns ends it */
  watch(take: (plan: Plan) => void, counters: ReloadCounters): () => void;
}

/** What reading it again came to. */
export type ReloadCounters = Pick<Counters['events'], 'reloads' | 'reloadsFailed'>;

/** @throws TwindnsError CONFIG_REFUSED with all that is wrong with the Corefile */
export async function planSource(config: Config, log: Log): Promise<PlanSource> {
  const { corefile } = config;
  if (corefile === undefined) return { plan: flagsPlan(config), watch: () => () => {} };
  const source = new CorefileSource(corefile, config, log);
  await source.read();
  return source;
}

// ---------------------------------------------------------------------------------------------------------------------

class CorefileSource implements PlanSource {
  readonly #path: string;
  readonly #config: Config;
  readonly #log: Log;
  #plan: Plan | undefined;
  #files: readonly string[] = [];
  /** Of the files as they were when they were read last, whatever came of it. */
  #seen = '';
  #isReading = false;

  constructor(path: string, config: Config, log: Log) {
    this.#path = path;
    this.#config = config;
    this.#log = log;
  }

  get plan(): Plan {
    return this.#plan!;
  }

  /** @throws TwindnsError CONFIG_REFUSED */
  async read(): Promise<Plan> {
    const [{ readCorefile }, { surroundingsOf }, { asTemplate }] = await Promise.all([
      import('../corefile/read-corefile.ts'),
      import('../corefile/surroundings.ts'),
      import('../corefile/node-cache.ts'),
    ]);
    this.#seen = lookOf([this.#path, ...this.#files]);
    const { pillarClusterDns, kubeDnsConfig } = this.#config;
    const env = toldEnvironment(process.env, this.#config.clusterDomain);
    const surroundings = surroundingsOf(env, this.#config);
    const template = asTemplate(this.#path, surroundings, pillarClusterDns, kubeDnsConfig);
    const read = await readCorefile(this.#path, template.surroundings);
    this.#files = [...read.files, ...template.files];
    this.#seen = lookOf([this.#path, ...this.#files]);
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
    for (const remark of template.remarks()) this.#log.warn('Corefile', { remark });
    this.#plan = read.plan;
    return read.plan;
  }

  watch(take: (plan: Plan) => void, counters: ReloadCounters): () => void {
    let timer: NodeJS.Timeout | undefined;
    const again = () => {
      const { reload } = this.plan;
      if (reload === undefined) return;
      const { interval, jitter } = reload;
      timer = setTimeout(look, interval + (Math.random() - 0.5) * jitter).unref();
    };
    const look = async () => {
      if (lookOf([this.#path, ...this.#files]) !== this.#seen) await this.#reload(take, counters);
      again();
    };
    const asked = () => void this.#reload(take, counters);
    process.on('SIGHUP', asked);
    process.on('SIGUSR1', asked);
    again();
    return () => {
      clearTimeout(timer);
      process.off('SIGHUP', asked);
      process.off('SIGUSR1', asked);
    };
  }

  // -------------------------------------------------------------------------------------------------------------------

  async #reload(take: (plan: Plan) => void, counters: ReloadCounters): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    const before = this.#plan;
    try {
      take(await this.read());
      counters.reloads++;
      this.#log.info('the Corefile was read again, and holds', { file: this.#path });
    } catch (error) {
      this.#plan = before;
      counters.reloadsFailed++;
      this.#log.error('the Corefile is refused; what was served before is', {
        file: this.#path,
        reason: messageOf(error),
      });
    } finally {
      this.#isReading = false;
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
