// frames — target: a TCP stream cut into messages, however it comes in pieces.

import { FrameReader } from '../../../src/upstream/frames.ts';
import { buildQuery, frame } from '../../lab/wire.ts';
import type { Target } from '../target.ts';
import { must } from './must.ts';

export const frames: Target = {
  name: 'frames',
  sentence: 'src/upstream cuts what upstreams send over TCP into messages',
  most: 1024,
  seeds: () => {
    const message = frame(buildQuery({ id: 1 }));
    return [
      Buffer.concat([Buffer.of(3), message, message, message]),
      Buffer.concat([Buffer.of(200), message, Buffer.of(0, 0, 0, 1, 7), message.subarray(0, 9)]),
    ];
  },
  run(input) {
    const [step = 0] = input;
    const stream = input.subarray(1);
    const chunk = Buffer.alloc(300);
    const reader = new FrameReader();
    const cut: string[] = [];
    let left = 0;
    for (let at = 0, turn = 1; at < stream.length; turn++) {
      const length = stream.copy(chunk, 0, at, at + 1 + ((step * turn) % 256));
      reader.push(chunk, length, (bytes, start, size) => {
        cut.push(bytes.toString('latin1', start, start + size));
      });
      at += length;
    }
    for (let at = 0; at < stream.length; ) {
      const end = at + 2 <= stream.length ? at + 2 + stream.readUInt16BE(at) : stream.length + 1;
      if (end > stream.length) {
        left = stream.length - at;
        break;
      }
      must(cut.shift() === stream.toString('latin1', at + 2, end), 'a frame is what its length says');
      at = end;
    }
    must(cut.length === 0, 'there are no other frames');
    must(reader.pending === left, 'the rest is kept');
  },
};
