// endpoint-texts.test — endpoints as messages name them: what a version that knows of addresses alone says and hears stays as it was.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Channel } from '../../../ha/link/channel.ts';
import { endpointsOf, textsOf, wantedOf } from '../../../ha/link/endpoint-texts.ts';
import type { Message, MessageType } from '../../../ha/link/protocol.ts';
import { Sender } from '../../../ha/link/sender.ts';
import type { Handover } from '../../../src/handover/handover.ts';
import type { ListenSockets } from '../../../src/handover/sockets.ts';
import { configAt } from '../../lab/resolver.ts';

const [a, b, elsewhere, six] = [
  { address: '10.0.0.1', port: 53 },
  { address: '10.0.0.2', port: 53 },
  { address: '10.0.0.1', port: 1053 },
  { address: 'fd00::10', port: 1053 },
] as const;

test('the pair’s port is left out, and what is no endpoint is none that a socket can have', () => {
  const texts = textsOf([a, elsewhere, six], 53);
  assert.deepEqual(texts, ['10.0.0.1', '10.0.0.1:1053', '[fd00::10]:1053']);
  assert.deepEqual(endpointsOf(texts, 53), [a, elsewhere, six]);
  assert.deepEqual(endpointsOf(['10.0.0.1:70000', 'x'], 53), [
    { address: '10.0.0.1:70000', port: 0 },
    { address: 'x', port: 0 },
  ]);
});

test('a twin that has not said what it wants is not taken to want nothing', () => {
  assert.equal(wantedOf({ further: ['10.0.0.1:1053'] }, 53), undefined);
  assert.deepEqual(wantedOf({ listen: ['10.0.0.1'] }, 53), [a]);
  assert.deepEqual(wantedOf({ listen: [], further: ['10.0.0.1:1053'] }, 53), [elsewhere]);
});

test('sockets at other ports are shown to a twin that knows of such, and to no other', () => {
  const said: { message: Message; descriptors: readonly number[] }[] = [];
  const send = (message: Message, descriptors: readonly number[]) => said.push({ message, descriptors }) > 0;
  const channels = [{ send }, { send }] as unknown as [Channel, Channel];
  const sender = new Sender({ ...configAt({ listen: ['10.0.0.1'], port: 53 }), listeners: [a, elsewhere] });
  const sockets: ListenSockets[] = [
    { ...a, udp: 10, tcp: 11 },
    { ...elsewhere, udp: 12, tcp: 13 },
  ];
  const endpoints = { all: [a, elsewhere, b] };
  const handover = { wanted: [a, elsewhere], sockets, endpoints, arenaFd: 1 } as unknown as Handover;
  sender.serving(handover, 2);
  sender.heard(channels[0], {});
  sender.heard(channels[1], { further: [] });
  const [old, current] = channels.map((channel) => {
    sender.tell(channel, 'welcome' satisfies MessageType, sockets);
    const { message, descriptors } = said.pop()!;
    const { own, yours, listen, further, places } = message;
    return { own, yours, listen, further, places, descriptors };
  });
  const both = {
    listen: ['10.0.0.1'],
    further: ['10.0.0.1:1053'],
    places: ['10.0.0.1', '10.0.0.1:1053', '10.0.0.2'],
  };
  assert.deepEqual(old, {
    ...both,
    own: ['10.0.0.1'],
    yours: ['10.0.0.1'],
    descriptors: [10, 11, 1, 2, 10, 11],
  });
  const all = ['10.0.0.1', '10.0.0.1:1053'];
  assert.deepEqual(current, {
    ...both,
    own: all,
    yours: all,
    descriptors: [10, 11, 12, 13, 1, 2, 10, 11, 12, 13],
  });
});
