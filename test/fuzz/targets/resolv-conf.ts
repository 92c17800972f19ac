// resolv-conf — target: the file that names upstreams, as any program of a node may leave it.

import { isDeepStrictEqual } from 'node:util';
import { parseResolvConf, upstreamsFrom } from '../../../src/options/resolv-conf.ts';
import type { Target } from '../target.ts';
import { must } from './must.ts';

export const resolvConf: Target = {
  name: 'resolv-conf',
  sentence: 'src/options reads the file that names upstreams',
  most: 2048,
  seeds: () => [
    Buffer.from(
      '# made by hand\nsearch a.b\nnameserver 10.0.0.2\nnameserver fd00::2 ; the other\noptions ndots:5\n',
    ),
    Buffer.from('nameserver fe80::1%eth0\r\nnameserver 127.0.0.1\rnameserver\t::ffff:1.2.3.4'),
  ],
  run(input) {
    const text = input.toString('latin1');
    const addresses = parseResolvConf(text);
    must(new Set(addresses).size === addresses.length, 'each server is named once');
    const again = addresses.map((address) => `nameserver ${address}\n`).join('');
    must(isDeepStrictEqual(parseResolvConf(again), addresses), 'what was read can be read again');
    const own = [{ address: '127.0.0.1', port: 53 }];
    const { endpoints } = upstreamsFrom('resolv.conf', text, own);
    must(endpoints.length <= addresses.length, 'there are no other upstreams');
    must(!endpoints.some(({ address }) => address === '127.0.0.1'), 'we do not ask ourselves');
  },
};
