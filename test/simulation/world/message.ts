// message — the few bytes of DNS that clients ask, servers answer, and both look at: one A question, one A record.

const HEADER = 12;
const TYPE_A = 1;
const CLASS_IN = 1;
const RESPONSE = 0x8180;
const TTL = 60;

export function queryOf(id: number, name: string): Uint8Array {
  const labels = name.split('.').filter((label) => label !== '');
  const bytes = [id >> 8, id & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  for (const label of labels) bytes.push(label.length, ...Buffer.from(label));
  bytes.push(0, 0, TYPE_A, 0, CLASS_IN);
  return Uint8Array.from(bytes);
}

/** As a server that knows every name answers. */
export function answerTo(query: Uint8Array): Uint8Array {
  const end = questionEnd(query);
  const name = nameIn(query);
  const answer = [0xc0, HEADER, 0, TYPE_A, 0, CLASS_IN, 0, 0, 0, TTL, 0, 4, ...addressOf(name)];
  const header = [query[0]!, query[1]!, RESPONSE >> 8, RESPONSE & 0xff, 0, 1, 0, 1, 0, 0, 0, 0];
  return Uint8Array.from([...header, ...query.subarray(HEADER, end), ...answer]);
}

export function idOf(message: Uint8Array): number {
  return (message[0]! << 8) | message[1]!;
}

export function rcodeOf(message: Uint8Array): number {
  return message[3]! & 0xf;
}

/** Whether it is the one right answer to the query; or says so of what is wrong. */
export function faultOf(query: Uint8Array, answer: Uint8Array): string | undefined {
  if (answer.length < HEADER || (answer[2]! & 0x80) === 0) return 'it is no response';
  if (idOf(query) !== idOf(answer)) return 'it has another id';
  if (rcodeOf(answer) !== 0) return `its response code is ${rcodeOf(answer)}`;
  const end = questionEnd(query);
  const sameQuestion = query.subarray(HEADER, end).every((byte, i) => answer[HEADER + i] === byte);
  if (!sameQuestion) return 'it is to another question';
  const data = answer.subarray(end + 12, end + 16);
  const right = addressOf(nameIn(query));
  return data.length === 4 && right.every((byte, i) => data[i] === byte) ? undefined : 'its address is wrong';
}

// ---------------------------------------------------------------------------------------------------------------------

function questionEnd(message: Uint8Array): number {
  let at = HEADER;
  while (message[at]! > 0) at += 1 + message[at]!;
  return at + 5;
}

function nameIn(message: Uint8Array): string {
  return Buffer.from(message.subarray(HEADER, questionEnd(message) - 4))
    .toString('latin1')
    .toLowerCase();
}

function addressOf(name: string): number[] {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return [10, (hash >>> 16) & 0xff, (hash >>> 8) & 0xff, hash & 0xff];
}
