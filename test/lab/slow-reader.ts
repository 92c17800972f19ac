// slow-reader — loaded into an instance under test: reading a name that begins with `busy-N-` keeps it busy for N milliseconds,
// `sleep-N-` keeps it from running for as long.

import { Service } from '../../src/serve.ts';

const { answer } = Service.prototype;
const never = new Int32Array(new SharedArrayBuffer(4));

const ways: Readonly<Record<string, (ms: number) => void>> = {
  busy(ms) {
    const end = performance.now() + ms;
    while (performance.now() < end);
  },
  sleep(ms) {
    Atomics.wait(never, 0, 0, ms);
  },
};

Service.prototype.answer = function (this: Service, client, bytes, start, length, now) {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('latin1');
  const [, way, ms] = /(busy|sleep)-(\d+)-/.exec(text) ?? [];
  if (way !== undefined) ways[way]!(Number(ms));
  answer.call(this, client, bytes, start, length, now);
};
