// pod-process — a DNS server that says who it is, or a client, in the network it was started in; told which by messages.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, isIPv6 } from 'node:net';
import { decode, encode, type Packet, streamDecode, streamEncode } from 'dns-packet';

export type PodTask =
  /** Answers every question with a text. */
  | { readonly what: 'serve'; readonly address: string; readonly port: number; readonly text: string }
  /** Asks once; the text is sent back, or why there is none. */
  | { readonly what: 'ask'; readonly protocol: 'udp' | 'tcp'; readonly address: string }
  /** Asks over UDP every few milliseconds, from a new port each time, until told to stop; then sends back what came. */
  | { readonly what: 'begin'; readonly address: string }
  | { readonly what: 'stop' };

export interface Asked {
  /** Milliseconds, in the clock of the kernel that all processes share. */
  readonly at: number;
  /** Undefined when nothing came. */
  readonly text: string | undefined;
}

// ---------------------------------------------------------------------------------------------------------------------

/** Milliseconds. */
const patience = 5000;
const between = 5;
let asked = 0;
let asking: NodeJS.Timeout | undefined;
let open: Promise<Asked>[] = [];

process.on('message', async (task: PodTask) => {
  switch (task.what) {
    case 'serve':
      await serve(task.address, task.port, task.text);
      return process.send!('done');
    case 'ask':
      return process.send!(
        await (task.protocol === 'udp' ? askUdp(task.address) : askTcp(task.address)).catch(String),
      );
    case 'begin':
      asking = setInterval(() => {
        const at = Number(process.hrtime.bigint()) / 1e6;
        open.push(
          askUdp(task.address).then(
            (text) => ({ at, text }),
            () => ({ at, text: undefined }),
          ),
        );
      }, between);
      return process.send!('done');
    case 'stop': {
      clearInterval(asking);
      const all = await Promise.all(open);
      open = [];
      return process.send!(all);
    }
  }
});

async function serve(address: string, port: number, text: string): Promise<void> {
  const answer = (bytes: Buffer): Packet => {
    const { id, questions = [] } = decode(bytes);
    const name = questions[0]?.name ?? '.';
    const answers = [{ type: 'TXT', name, ttl: 0, data: text } as const];
    return { type: 'response', id, flags: 0x0180, questions, answers };
  };
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4', (bytes, peer) =>
    socket.send(encode(answer(bytes)), peer.port, peer.address),
  );
  socket.bind(port, address);
  await once(socket, 'listening');
  const server = createServer((connection) => {
    connection.on('error', () => {});
    let pending = Buffer.alloc(0);
    connection.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const end = 2 + pending.readUInt16BE(0);
        connection.write(streamEncode(answer(pending.subarray(2, end))));
        pending = pending.subarray(end);
      }
    });
  }).listen(port, address);
  await once(server, 'listening');
}

async function askUdp(address: string): Promise<string> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  const send = () => socket.send(encode(question()));
  let again: NodeJS.Timeout | undefined;
  try {
    socket.connect(53, address);
    await once(socket, 'connect');
    const heard = once(socket, 'message', { signal: AbortSignal.timeout(patience) });
    send();
    // As stub resolvers do: a neighbour that is not known yet may cost the first datagram.
    again = setInterval(send, 1000);
    return textOf(decode((await heard)[0] as Buffer));
  } finally {
    clearInterval(again);
    socket.close();
  }
}

async function askTcp(address: string): Promise<string> {
  const connection = connect(53, address);
  try {
    connection.write(streamEncode(question()));
    const [bytes] = await once(connection, 'data', { signal: AbortSignal.timeout(patience) });
    return textOf(streamDecode(bytes as Buffer));
  } finally {
    connection.destroy();
  }
}

function question(): Packet {
  const name = `n${process.pid}-${++asked}.example`; // never cached
  return { type: 'query', id: asked & 0xffff, flags: 0x0100, questions: [{ type: 'TXT', name }] };
}

function textOf({
  answers = [],
  rcode,
}: {
  readonly answers?: readonly unknown[] | undefined;
  readonly rcode?: string | undefined;
}): string {
  const [first] = answers as readonly { readonly data?: unknown }[];
  return first === undefined ? `no answer but ${rcode}` : [first.data].flat().map(String).join('');
}
