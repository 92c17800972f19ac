// death — a bug that one query sets off: whoever reads a name that begins with `death-` is gone.

import { Service } from '../../src/serve.ts';

const { answer } = Service.prototype;

Service.prototype.answer = function (this: Service, client, bytes, start, length, now) {
  if (Buffer.from(bytes.buffer, bytes.byteOffset + start, length).includes('death-')) process.abort();
  answer.call(this, client, bytes, start, length, now);
};
