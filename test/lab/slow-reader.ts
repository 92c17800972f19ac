// slow-reader — loaded into an instance under test: reading a name that begins with `busy-N-` keeps it busy for N milliseconds.

import { Service } from '../../src/serve.ts';

const { answer } = Service.prototype;
const never = new Int32Array(new SharedArrayBuffer(4));

Service.prototype.answer = function (this: Service, client, bytes, start, length, now) {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('latin1');
  const ms = /busy-(\d+)-/.exec(text)?.[1];
  if (ms !== undefined) Atomics.wait(never, 0, 0, Number(ms));
  answer.call(this, client, bytes, start, length, now);
};
