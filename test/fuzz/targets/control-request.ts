// control-request — target: what a command asks an instance at its socket.

import {
  LONGEST_REQUEST,
  LONGEST_WINDOW,
  MOST_NAMES,
  MOST_ROWS,
  readRequest,
} from '../../../src/control/protocol.ts';
import type { Target } from '../target.ts';
import { must } from './must.ts';

/** What each may be told, by a way of its own. */
const fields: Readonly<Record<string, Readonly<Record<string, (value: unknown) => boolean>>>> = {
  ask: { query: isText },
  show: { name: isText },
  flush: { name: isText, zone: (value) => value === true || value === false },
  names: { most: isCount(MOST_NAMES) },
  expect: { port: isCount(65_535) },
  came: { port: isCount(65_535) },
  top: { seconds: isCount(LONGEST_WINDOW), most: isCount(MOST_ROWS) },
  status: {},
  facts: {},
};

export const controlRequest: Target = {
  name: 'control-request',
  sentence: 'src/control reads what commands ask an instance',
  most: LONGEST_REQUEST,
  seeds: () =>
    [
      '{"do":"ask","query":"AAEBAAABAAAAAAAAAmJlAAABAAE="}',
      '{"do":"show","name":"www.example"}',
      '{"do":"flush","name":"example","zone":true}',
      '{"do":"names","most":20}',
      '{"do":"top","seconds":10,"most":20}',
      '{"do":"status"}',
      '{"do":"facts"}',
      '["do"]',
    ].map((text) => Buffer.from(text)),
  run(input) {
    const request = readRequest(input.toString());
    if (typeof request === 'string') return must(request !== '', 'a refusal says why');
    const known = fields[request.do];
    must(known !== undefined && Object.hasOwn(fields, request.do), 'it is one of what can be done');
    for (const [field, fits] of Object.entries(known!))
      must(fits((request as Readonly<Record<string, unknown>>)[field]), `${field} is what it has to be`);
  },
};

// ---------------------------------------------------------------------------------------------------------------------

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isCount(most: number): (value: unknown) => boolean {
  return (value) => typeof value === 'number' && value >= 1 && value <= most && value % 1 === 0;
}
