// twin — the other instance as far as a TUN interface goes: it is passed the descriptor, observes, and holds it.

import { connectChannel, Poller, READABLE, receiveMessage } from 'node-reuseport';
import { NodeInterface } from '../../../../ha/node/interface/interface.ts';
import { wantedStateOf } from './lab.ts';

const channel = connectChannel(process.argv[2]!);
const poller = new Poller(async () => {
  const descriptors = new Int32Array(2);
  receiveMessage(channel, new Uint8Array(1), descriptors);
  poller.close();
  process.on('message', () => {}); // stays, and holds it
  process.send!(await new NodeInterface(wantedStateOf('tun'), { tunFd: descriptors[1]! }).observe());
});
poller.add(channel, READABLE, 0);
