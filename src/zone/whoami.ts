// whoami — tells the client its own address, port and transport, beside an answer without records.

import { MAX_NAME } from '../message/message.ts';
import { addressRecord, message, record } from './build-message.ts';
import type { Guard } from './guard.ts';
import { addressBytes } from './ip-address.ts';
import type { Message } from './message.ts';
import type { Question } from './question.ts';
import { TYPE_SRV } from './rdata.ts';
import type { Step } from './step.ts';

/** A guard where nothing else of the block could answer: then clients that ask at the same time get an answer each. */
export class Whoami implements Guard, Step {
  readonly name = 'whoami';

  async resolve(question: Question): Promise<Message> {
    return this.judge(question);
  }

  judge({ name, class: cls, client }: Question): Message {
    const address = addressBytes(client.address);
    const told = address === undefined ? [] : [addressRecord(name, 0, address)];
    const transport = `_${client.transport}`;
    const owner = `${String.fromCharCode(transport.length)}${transport}${name}`;
    const srv = Buffer.alloc(7); // priority, weight, port, the root as target (RFC 2782)
    srv.writeUInt16BE(client.port, 4);
    if (owner.length <= MAX_NAME) told.push(record(owner, TYPE_SRV, 0, srv));
    return message({ authoritative: true, additional: told.map((one) => ({ ...one, class: cls })) });
  }

  explain(): string {
    return 'the client is told its own address, port and transport';
  }
}
