// twin-message — target: what a twin says over the channel, in JSON and in bytes.

import { isDeepStrictEqual } from 'node:util';
import {
  BACKLOG,
  decode,
  decodeBinary,
  encode,
  encodeBacklog,
  type Message,
  messageTypes,
  PROTOCOL_VERSION,
  writeConnection,
} from '../../../ha/link/protocol.ts';
import { HeldConnections } from '../../../ha/peers/held-connections.ts';
import type { Target } from '../target.ts';
import { must } from './must.ts';

const holding = {
  addresses: ['169.254.20.10', 'fd00::a'],
  port: 53,
  further: [{ address: '169.254.20.10', port: 1053 }],
  healthPorts: [8080],
  interface: { name: 'nodelocaldns', type: 'dummy' },
  rules: 'iptables',
  keep: false,
};

export const twinMessage: Target = {
  name: 'twin-message',
  sentence: 'ha/link reads what a twin says',
  most: 2048,
  seeds: () => [
    ...messageTypes.map((type) =>
      Buffer.from(
        JSON.stringify({
          type,
          protocol: PROTOCOL_VERSION,
          slot: 'primary',
          pid: 7,
          instance: 'a-b',
          version: '0.1.0',
          own: ['127.0.0.1'],
          yours: [],
          listen: ['127.0.0.1'],
          further: ['127.0.0.1:1053', '[::1]:1053'],
          places: ['127.0.0.1', '127.0.0.1:1053'],
          ...(type === 'leaving' && { patient: true }),
          ...(type === 'election' && {
            election: { leader: true, acting: false, informed: true, holding, parts: ['interface', 'rules'] },
          }),
        }),
      ),
    ),
    connectionBytes(),
    Buffer.from(encodeBacklog(5, 9, 1000, Buffer.from('an answer'))),
  ],
  run(input) {
    const message = decode(input);
    if (message !== undefined) checkMessage(message);
    const binary = decodeBinary(input);
    if (binary?.kind !== BACKLOG) return;
    const { record, generation, offset, answers } = binary;
    const again = decodeBinary(encodeBacklog(record, generation, offset, answers));
    must(
      again?.kind === BACKLOG && Object.is(again.offset, offset) && again.generation === generation,
      'where answers begin is told as it is',
    );
    must(Buffer.from(again.answers).equals(answers), 'and so are they');
    const held = new HeldConnections();
    held.keep(record, generation, offset, answers);
    must(held.size === 0 && held.bytes === 0, 'nothing is kept for a connection that was never told');
  },
};

// ---------------------------------------------------------------------------------------------------------------------

function connectionBytes(): Buffer {
  const bytes = Buffer.alloc(12);
  writeConnection(new DataView(bytes.buffer, bytes.byteOffset, 12), 3, 4);
  return bytes;
}

function checkMessage(message: Message): void {
  must(messageTypes.includes(message.type), 'a message has a type that we know');
  must(message.slot === 'primary' || message.slot === 'secondary', 'and a slot that there is');
  must(isDeepStrictEqual(decode(encode(message)), message), 'a message is told as it is');
}
