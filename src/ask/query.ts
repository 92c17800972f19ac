// query — `twindns query`: what its words and flags mean.

import type { QueryFlags } from '../cli.ts';
import { type Slot, slots } from '../config.ts';
import { TwindnsError } from '../errors.ts';
import { parseEndpoint } from '../options/endpoint.ts';
import type { Environment } from '../options/options.ts';
import { ask } from './ask.ts';
import { askInstances } from './ask-instances.ts';
import { type Asked, reverseName } from './question.ts';

/** Whether a client can use what was answered. @throws TwindnsError */
export async function query(
  name: string | undefined,
  type: string | undefined,
  flags: QueryFlags,
  env: Environment,
  print: (text: string) => void,
): Promise<boolean> {
  const { dnssec = false, json = false, tcp = false, trace = false } = flags;
  const text = flags.server ?? '127.0.0.1:53';
  const server = parseEndpoint(text, 53);
  if (server === undefined) {
    throw new TwindnsError(
      'USAGE',
      `--server is ${JSON.stringify(text)}: not an address. Give ADDR or ADDR:PORT, e.g. 127.0.0.1:9253.`,
    );
  }
  const asked: Asked = { ...questionOf(name, type, flags.reverse), dnssec };
  const directory = flags.channelDirectory ?? (env.TWINDNS_CHANNEL_DIRECTORY || 'auto');
  const { callerOf } = await import('../control/call-instance.ts');
  const call = callerOf({
    ...{ listen: [], port: server.port },
    channelDirectory: directory === 'auto' ? undefined : directory,
  });
  if (flags.slot === undefined && !trace) return ask({ ...asked, server, tcp, json }, call, print);
  if (tcp) {
    throw new TwindnsError(
      'USAGE',
      '--tcp does not go with --slot and --trace: no network is between. Leave one out.',
    );
  }
  const chosen = slots.filter((slot) => [slot, 'both', undefined].includes(flags.slot as Slot));
  return askInstances({ ...asked, slots: chosen, trace, json }, call, print);
}

// ---------------------------------------------------------------------------------------------------------------------

function questionOf(name: string | undefined, type: string | undefined, reverse: string | undefined) {
  if (reverse !== undefined) {
    // The word that stands where the name would is the type then.
    if (type !== undefined)
      throw new TwindnsError(
        'USAGE',
        `-x takes an address, and ${formatWord(name)} is one name too many. Leave one out.`,
      );
    return { name: reverseName(reverse), type: name ?? 'PTR' };
  }
  if (name === undefined)
    throw new TwindnsError('USAGE', 'there is no name to look up. Give one, or an address with -x.');
  return { name, type: type ?? 'A' };
}

function formatWord(word: string | undefined): string {
  return JSON.stringify(word ?? '');
}
