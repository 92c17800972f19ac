// cluster-stage — the pair as manifests/base has it, on a stand-in for a node: rolled, killed and probed as a kubelet would.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Endpoint, type Slot, slots } from '../../src/config.ts';
import { TwindnsError } from '../../src/errors.ts';
import { isAlone } from '../host/namespace.ts';
import type { Subject } from '../report/outcome.ts';
import { programOf } from '../stage/editions.ts';
import type { Changes } from '../stage/recipes.ts';
import type { Stage } from '../stage/stage.ts';
import { Upstream } from '../stage/upstream.ts';
import { resourcesOf } from './manifests.ts';
import { changeAddresses, cluster, clusterDns, makeNode } from './node.ts';
import { Pod } from './pod.ts';
import { type PodPlan, podsOf } from './pods.ts';

const FOLDER = 'manifests/base';

const differences =
  'As manifests/base says and a kubelet would have it, but for: --interface-type tun, no seccomp profile, no limit of ' +
  'memory, and no wait of minReadySeconds between the slots.';

/** Lines of the log that are kept. */
const KEPT = 5000;

/** The addresses that pods ask: that of the cluster DNS's Service, and that of the settings. */
const served = [cluster.clusterIps['kube-dns']!, '169.254.20.10'];

let node: Promise<void> | undefined;

export class ClusterStage implements Stage {
  readonly subject: Subject;
  readonly target: Endpoint = { address: served[0]!, port: 53 };
  readonly further: readonly Endpoint[] = served.slice(1).map((address) => ({ address, port: 53 }));
  readonly own = undefined;
  readonly folder: string;
  readonly notes = new Set<string>([differences]);
  readonly faults = new Set<string>();
  readonly log: string[] = [];
  mayFail = 'no' as const;
  happened: (what: string) => void = () => {};
  hush: (hushed: boolean) => void = () => {};
  readonly #plans: ReadonlyMap<Slot, PodPlan>;
  readonly #upstream: Upstream;
  readonly #pods = new Map<Slot, Pod>();
  readonly #startedAt = performance.now();

  /** @throws TwindnsError NOT_PERMITTED outside a namespace of the suite */
  static async start(subject: Subject): Promise<ClusterStage> {
    if (!isAlone()) throw new TwindnsError('NOT_PERMITTED', needsNamespace);
    const plans = podsOf(resourcesOf(FOLDER), cluster);
    const folder = mkdtempSync(join(tmpdir(), 'twindns-chaos-'));
    node ??= makeNode(folder);
    await node;
    const stage = new ClusterStage(subject, plans, folder, await Upstream.start(clusterDns));
    try {
      if (subject === 'no-custody') await changeAddresses('add', served);
      for (const slot of slots) await stage.start(slot);
    } catch (error) {
      await stage.stop();
      throw error;
    }
    return stage;
  }

  private constructor(
    subject: Subject,
    plans: ReadonlyMap<Slot, PodPlan>,
    folder: string,
    upstream: Upstream,
  ) {
    this.subject = subject;
    this.folder = folder;
    this.#plans = plans;
    this.#upstream = upstream;
  }

  async end(slot: Slot, signal: NodeJS.Signals): Promise<string> {
    this.#hear(slot, `gets ${signal}`);
    return this.#pods.get(slot)!.end(signal);
  }

  async start(slot: Slot, { edition }: Changes = {}): Promise<void> {
    const { nodeIp } = cluster;
    const plan = this.#changed(this.#plans.get(slot)!);
    const hear = (line: string) => this.#hear(slot, line);
    const place = { nodeIp, folder: this.folder, program: programOf(edition, this.folder) };
    const pod = new Pod(plan, place, hear, (sentence) => this.failed(sentence));
    this.#pods.set(slot, pod);
    await pod.ready();
  }

  note(sentence: string): void {
    this.notes.add(sentence);
  }

  failed(sentence: string): void {
    this.faults.add(sentence);
  }

  measured(): void {}

  async stop(): Promise<void> {
    await Promise.all([...this.#pods.values()].filter(({ alive }) => alive).map((pod) => pod.end('SIGKILL')));
    if (this.subject === 'no-custody') await changeAddresses('delete', served);
    await this.#upstream.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  // -------------------------------------------------------------------------------------------------------------------

  /**
   * A machine that is no node may not have interfaces of the type dummy. Without custody there is no leader either: the
   * addresses are there from the start.
   */
  #changed({ environment, args, ...rest }: PodPlan): PodPlan {
    const control = this.subject === 'no-custody';
    return {
      ...rest,
      environment: { ...environment, TWINDNS_INTERFACE_TYPE: control ? 'none' : 'tun' },
      args: control ? [...args.filter((arg) => arg !== '--leader'), '--no-custody'] : args,
    };
  }

  #hear(slot: Slot, line: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(3);
    if (this.log.push(`${seconds} ${slot} ${line}\n`) > KEPT) this.log.shift();
  }
}

// ---------------------------------------------------------------------------------------------------------------------

const needsNamespace =
  'the manifests are tried in a network of their own, which takes root: run `sudo npm run chaos -- rolling-update --manifests`.';
