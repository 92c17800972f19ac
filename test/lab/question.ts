// question — queries as guards and steps see them, and what steps come to.

import type { Message } from '../../src/zone/message.ts';
import type { Peer, Question } from '../../src/zone/question.ts';
import { nameBytes, types } from './wire.ts';

export interface QuestionSpec extends Partial<Omit<Question, 'name' | 'type' | 'client'>> {
  readonly type?: keyof typeof types | number;
  /** Its address. */
  readonly from?: string;
  readonly client?: Partial<Peer>;
}

/** An A query from 10.0.0.1 over UDP. */
export function question(
  name: string,
  { type = 'A', from = '10.0.0.1', client, ...rest }: QuestionSpec = {},
): Question {
  return {
    name: wire(name.toLowerCase()),
    type: typeof type === 'number' ? type : types[type],
    class: 1,
    recursionDesired: true,
    checkingDisabled: false,
    dnssecOk: false,
    ...rest,
    client: {
      address: from,
      port: 40_000,
      server: { address: '169.254.20.10', port: 53 },
      transport: 'udp',
      ...client,
    },
  };
}

/** The name in wire form, one byte a character. */
export function wire(name: string): string {
  return nameBytes(name).toString('latin1');
}

/** Records of a message: `TYPE hex`. */
export function shown(records: Message['answer']): string[] {
  const names = Object.fromEntries(Object.entries(types).map(([name, number]) => [number, name]));
  return records.map(({ type, data }) => `${names[type] ?? type} ${data.toString('hex')}`);
}
