// pod — a process in a network of its own: asks the addresses it is told to, and says what came back.

import { askUdp } from '../../../lab/client.ts';

process.on('message', async ({ address, port }: { address: string; port: number }) => {
  const answer = await askUdp({ address, port }, Buffer.from('from a pod'), { timeoutMs: 3000 }).then(
    (bytes) => bytes.toString(),
    (error: Error) => error.message,
  );
  process.send!(answer);
});
process.send!('ready');
