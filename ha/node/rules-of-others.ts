// rules-of-others — rules for addresses that others put on the node: while one is not there, rules would lead its clients to
// nothing, past the cluster DNS. So there are none, and those that are left go.

import { absentAddresses } from '../../src/absent-addresses.ts';
import { NodeError, type NodePart, type Observation } from './node-part.ts';

export class RulesOfOthers implements NodePart {
  readonly name = 'rules';
  readonly #rules: NodePart;
  readonly #addresses: readonly string[];
  readonly #absent: typeof absentAddresses;
  /** What is left of rules was looked for since an address was missed. */
  #isCleared = false;

  /** @param absent which addresses the machine does not have; tests bring another */
  constructor(rules: NodePart, addresses: readonly string[], absent = absentAddresses) {
    this.#rules = rules;
    this.#addresses = addresses;
    this.#absent = absent;
  }

  get wanted(): readonly string[] {
    return this.#rules.wanted;
  }

  get stays(): boolean {
    return this.#rules.stays;
  }

  get warnings(): readonly string[] {
    return this.#rules.warnings ?? [];
  }

  get descriptors(): readonly number[] {
    return this.#rules.descriptors;
  }

  async observe(): Promise<Observation> {
    const missing = this.#absent(this.#addresses);
    if (missing.length === 0) {
      this.#isCleared = false;
      return this.#rules.observe();
    }
    if (!this.#isCleared) await this.#rules.remove();
    this.#isCleared = true;
    throw new NodeError(
      'interface_check',
      `No rules are set while this machine does not have ${missing.join(', ')}: they would keep its clients from the cluster DNS. ` +
        'With --interface-type none others put the addresses of --listen on an interface (`ip address add`); --interface-type dummy makes one.',
      { passing: true },
    );
  }

  apply(observation: Observation): Promise<void> {
    return this.#rules.apply(observation);
  }

  remove(): Promise<readonly string[]> {
    return this.#rules.remove();
  }

  release(): void {
    this.#rules.release();
  }
}
