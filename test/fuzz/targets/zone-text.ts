// zone-text — target: templates and records as text, which operators write and names of clients are put into.

import { GoTemplate } from '../../../src/zone/go-template/go-template.ts';
import { TemplateError } from '../../../src/zone/go-template/values.ts';
import { lineOfHosts } from '../../../src/zone/hosts-text.ts';
import { writeMessage } from '../../../src/zone/message-wire.ts';
import { readRecordText } from '../../../src/zone/record-text.ts';
import { templateData } from '../../../src/zone/template-data.ts';
import { nameText, parseName } from '../../../src/zone/wire-name.ts';
import { question, wire } from '../../lab/question.ts';
import type { Target } from '../target.ts';
import { must, orThrows } from './must.ts';

const data = templateData(
  question('ip-10-2.pods.example'),
  wire('pods.example'),
  { class: 1, type: 1 },
  undefined,
  ['ip-10-2', '10', '2'],
);
const nothing = { rcode: 0, authoritative: false, authentic: false, authority: [], additional: [], ede: -1 };

export const zoneText: Target = {
  name: 'zone-text',
  sentence: 'src/zone reads templates, records, names and lines of hosts files',
  most: 2000,
  seeds: () =>
    [
      '{{ .Name }} 60 IN A 10.0.{{ index .Match 1 }}.{{ parseInt .Group.2 16 8 }}',
      '{{ if eq .Type "A" }}a{{ else with $x := .Zone }}{{ $x | printf "%5s" }}{{ end }}',
      '{{ range $i, $m := .Match }}{{ $i }}{{ break }}{{ else }}{{- "a" -}}{{ end }} {{/* c */}}',
      'x.example. 60 IN SOA ns.example. root.example. (1 1h 10m 1d 2m) ; comment',
      'x HTTPS 1 . port=443 alpn="h2,h3" ipv4hint=192.0.2.1 key65280=ab',
      'x TXT "a b" c\\032d "\\"" ',
      'x TYPE65280 \\# 3 abcdef',
      '2001:db8::11%eth0 Door.Example *.b # c',
    ].map((text) => Buffer.from(text)),
  run(input) {
    const text = input.toString('utf8');
    const record = readRecordText(text);
    if (typeof record !== 'string') {
      must(record.data.length <= 65_535 && record.owner.length <= 255, 'a record fits');
      writeMessage(record.owner, record.type, record.class, { ...nothing, answer: [record] });
    }
    const name = parseName(text);
    if (name !== undefined) must(parseName(nameText(name)) === name, 'a name comes back from its text');
    const line = lineOfHosts(text);
    must(line === undefined || line.address.length === 4 || line.address.length === 16, 'an address is one');
    const template = GoTemplate.parse(text);
    if (typeof template === 'string') return;
    const filled = orThrows(() => template.fill(data), TemplateError);
    must(filled === undefined || filled.length <= 16_384, 'a template comes to so much, no more');
  },
};
