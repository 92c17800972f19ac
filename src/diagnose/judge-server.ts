// judge-server — what it says of a server, and of the way to it, how it answered this command.

import type { Finding, Gravity } from '../admin/finding.ts';
import type { ServerTrial } from './ask-servers.ts';

/** Milliseconds for an answer that a server has to ask no other server for. */
const SLOW = 250;
/** RCODEs that are of no use to a client, whatever the name. */
const USELESS = ['SERVFAIL', 'FORMERR', 'REFUSED', 'NOTIMP'];

export function judgeServer({ server, transport, zones, udp, tcp }: ServerTrial): Finding[] {
  if (udp === null || tcp === null) return [];
  const found: Finding[] = [];
  const add = (gravity: Gravity, what: string, todo: string) =>
    found.push({
      gravity,
      what: `${server}, for ${zones.join(' ')}, ${what}`,
      where: server,
      sinceSeconds: null,
      do: `${todo} twindns query NAME --server ${server} asks it again, over TCP with --tcp.`,
    });
  if (udp.answered + tcp.answered === 0) {
    const said = [...new Set([...udp.said, ...tcp.said])].join(', ');
    const what = `answers this command neither over UDP nor over TCP: ${said}`;
    add('risk', what, 'Look at that server, and at the way to it.');
    return found;
  }
  const [main, other] = transport === 'udp' ? [udp, tcp] : [tcp, udp];
  if (udp.answered === 0)
    add(
      main === udp ? 'risk' : 'note',
      'answers this command over TCP and not over UDP',
      'Look for a firewall on the way.',
    );
  if (tcp.answered === 0)
    add(
      main === tcp ? 'risk' : 'note',
      'answers this command over UDP and not over TCP: long answers do not come',
      'Look for a firewall on the way.',
    );
  for (const tries of [main, other]) {
    if (tries.answered === 0 || tries.answered === tries.asked) continue;
    const over = tries === udp ? 'UDP' : 'TCP';
    add(
      tries === main ? 'risk' : 'note',
      `answered ${tries.answered} of ${tries.asked} queries of this command over ${over}`,
      'The network loses some, or that server does.',
    );
  }
  if ((main.medianMs ?? 0) > SLOW)
    add('risk', `takes ${main.medianMs} ms to answer this command`, 'Look at that server.');
  const useless = main.said.filter((word) => USELESS.includes(word));
  if (useless.length > 0)
    add(
      'risk',
      `answers this command ${useless.join(', ')}`,
      'Look at that server, or take it out of the list.',
    );
  return found;
}
