// option-texts — target: values of flags and environment variables, as people and scripts write them.

import { formatEndpoint } from '../../../src/config.ts';
import { nameFromText } from '../../../src/message/name.ts';
import { formatByteSize, parseByteSize } from '../../../src/options/byte-size.ts';
import { formatDuration, parseDuration } from '../../../src/options/duration.ts';
import { parseAddress, parseEndpoint } from '../../../src/options/endpoint.ts';
import type { Target } from '../target.ts';
import { must, orThrows } from './must.ts';

export const optionTexts: Target = {
  name: 'option-texts',
  sentence: 'src/options reads addresses, sizes, times and domains',
  most: 512,
  seeds: () =>
    [
      '192.0.2.1:53',
      '[2001:db8::1]:53',
      '::ffff:1.2.3.4',
      '32MiB',
      '1.5G',
      '1m30s',
      '500ms',
      'cluster.local.',
    ].map((text) => Buffer.from(text)),
  run(input) {
    const text = input.toString('latin1');
    const address = parseAddress(text);
    if (address !== undefined) must(parseAddress(address) === address, 'an address has one spelling');
    const endpoint = parseEndpoint(text, 53);
    if (endpoint !== undefined) {
      const again = parseEndpoint(formatEndpoint(endpoint), undefined);
      must(
        again?.address === endpoint.address && again.port === endpoint.port,
        'an endpoint can be read again',
      );
    }
    const size = parseByteSize(text);
    if (size !== undefined) must(parseByteSize(formatByteSize(size)) === size, 'a size can be read again');
    const duration = parseDuration(text);
    if (duration !== undefined && duration < 2 ** 40)
      must(parseDuration(formatDuration(duration)) === duration, 'a time can be read again');
    const name = orThrows(() => nameFromText(text), RangeError);
    must(name === undefined || (name.length <= 255 && name[name.length - 1] === 0), 'a domain is a name');
  },
};
