// endpoint-texts — endpoints as messages name them: one at the pair's port by its address, as ever, another one with its port.
//
// So a version that knows of addresses alone reads what it knows of.

import type { Endpoint } from '../../src/config.ts';
import { endpointText, parseEndpoint } from '../../src/options/endpoint.ts';
import type { Message } from './protocol.ts';

/** @param port the pair's */
export function textsOf(endpoints: readonly Endpoint[], port: number): string[] {
  return endpoints.map((endpoint) => endpointText(endpoint, port));
}

/** In their order; a text that names no endpoint comes out as port 0, where no socket is bound. */
export function endpointsOf(texts: readonly string[], port: number): Endpoint[] {
  return texts.map((text) => parseEndpoint(text, port) ?? { address: text, port: 0 });
}

/** What its sender wants, if it says so. */
export function wantedOf({ listen, further = [] }: Pick<Message, 'listen' | 'further'>, port: number) {
  return listen && endpointsOf([...listen, ...further], port);
}
