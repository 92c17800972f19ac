// election-message — what a process tells the others about the interface and the rules, and how it is checked: it may be anything.

import { interfaceTypes, rulesKinds } from '../../src/config.ts';
import { parseAddress } from '../../src/options/endpoint.ts';
import type { NodePart } from './node-part.ts';
import type { WantedState } from './wanted-state.ts';

export interface ElectionMessage {
  /** The sender was started with --leader. */
  readonly leader: boolean;
  /** It keeps the interface and the rules now. */
  readonly acting: boolean;
  /** It knows the wanted state. */
  readonly informed: boolean;
  /** The wanted state, if it knows one. */
  readonly holding: WantedState | null;
  /** The parts whose descriptors lie beside the message, in this order. */
  readonly parts: readonly NodePart['name'][];
}

export function isElectionMessage(value: unknown): value is ElectionMessage {
  if (!isObject(value)) return false;
  const { leader, acting, informed, holding, parts } = value;
  return (
    [leader, acting, informed].every((word) => typeof word === 'boolean') &&
    (holding === null || isWantedState(holding)) &&
    isListOf(parts, (name) => name === 'interface' || name === 'rules')
  );
}

// ---------------------------------------------------------------------------------------------------------------------

function isWantedState(value: unknown): value is WantedState {
  if (!isObject(value) || !isObject(value.interface)) return false;
  const { name, type } = value.interface;
  return (
    typeof name === 'string' &&
    /^[^\s/]{1,15}$/.test(name) &&
    interfaceTypes.some((known) => known === type) &&
    rulesKinds.some((known) => known === value.rules) &&
    isListOf(value.addresses, isAddress) &&
    isPort(value.port) &&
    (value.further === undefined || isListOf(value.further, isEndpoint)) &&
    (value.elsewhere === undefined || isListOf(value.elsewhere, isAddress)) &&
    isListOf(value.healthPorts, isPort) &&
    typeof value.keep === 'boolean'
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isAddress(value: unknown): boolean {
  return typeof value === 'string' && parseAddress(value) === value;
}

function isEndpoint(value: unknown): boolean {
  return isObject(value) && isAddress(value.address) && isPort(value.port);
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) < 65536;
}

function isListOf(value: unknown, is: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is);
}
