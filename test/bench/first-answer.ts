// first-answer — asks a server once a millisecond until it answers, and says when that was.

import { createSocket } from 'node:dgram';
import { zoneName } from './queries.ts';

/** Resolves to the time of the first NOERROR answer; rejects when `giveUp` says why. */
export function firstAnswer(port: number, giveUp: () => string | undefined): Promise<number> {
  const socket = createSocket('udp4');
  return new Promise<number>((resolve, reject) => {
    let id = 0;
    const timer = setInterval(() => {
      const reason = giveUp();
      if (reason !== undefined) {
        finish();
        reject(new Error(reason));
        return;
      }
      id = (id + 1) & 0xffff;
      socket.send(questionPacket(id, zoneName(0)), port, '127.0.0.1');
    }, 1);
    const finish = () => {
      clearInterval(timer);
      socket.close();
    };
    socket.on('error', () => {}); // refused: nobody listens yet
    socket.on('message', (answer) => {
      if (answer.length < 12 || (answer[2]! & 0x80) === 0 || (answer[3]! & 0x0f) !== 0) return;
      finish();
      resolve(performance.now());
    });
  });
}

/** An A query with recursion desired. */
export function questionPacket(id: number, name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`));
  const head = Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([head, ...labels, Buffer.from([0, 0, 1, 0, 1])]);
}
