// election-message — what a process tells the others about the interface and the rules, and how it is checked: it may be anything.

import { interfaceTypes, rulesKinds } from '../../src/config.ts';
import { parseAddress } from '../../src/options/endpoint.ts';
import type { NodePart } from './node-part.ts';
import type { Holding } from './wanted-state.ts';

export interface Duty {
  /** Started with --leader. */
  readonly leader: boolean;
  readonly acting: boolean;
  /** Knows what there is to see to. */
  readonly informed: boolean;
  /** What that is, told by who keeps or holds it. */
  readonly holding: Holding | null;
  /** Parts whose descriptors lie beside the message, in this order. */
  readonly parts: readonly NodePart['name'][];
}

export function isDuty(value: unknown): value is Duty {
  if (!isObject(value)) return false;
  const { leader, acting, informed, holding, parts } = value;
  return (
    [leader, acting, informed].every((word) => typeof word === 'boolean') &&
    (holding === null || isHolding(holding)) &&
    isListOf(parts, (name) => name === 'interface' || name === 'rules')
  );
}

// ---------------------------------------------------------------------------------------------------------------------

function isHolding(value: unknown): value is Holding {
  if (!isObject(value) || !isObject(value.interface)) return false;
  const { name, type } = value.interface;
  return (
    typeof name === 'string' &&
    /^[^\s/]{1,15}$/.test(name) &&
    interfaceTypes.some((known) => known === type) &&
    rulesKinds.some((known) => known === value.rules) &&
    isListOf(value.addresses, (text) => typeof text === 'string' && parseAddress(text) === text) &&
    isPort(value.port) &&
    isListOf(value.healthPorts, isPort) &&
    typeof value.keep === 'boolean'
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) < 65536;
}

function isListOf(value: unknown, is: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is);
}
