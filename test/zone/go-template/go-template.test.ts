// go-template.test — templates come to what Go's text/template makes of them, and no template goes on for ever.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GoTemplate } from '../../../src/zone/go-template/go-template.ts';
import { Structure, TemplateError, type Value } from '../../../src/zone/go-template/values.ts';

const data: Value = new Structure({
  Name: 'ip-10-2.pods.example.',
  Type: 'A',
  Match: ['ip-10-2', '10', '2'],
  Group: new Map([
    ['0', 'ip-10-2'],
    ['a', '0a'],
    ['b', 'ff'],
  ]),
  Question: new Structure({ Qtype: 1n }),
  Empty: '',
  Meta: ([name]: readonly Value[]) => `<${String(name)}>`,
});

function parsed(text: string): GoTemplate {
  const template = GoTemplate.parse(text);
  assert.ok(typeof template !== 'string', `${text}: ${template as string}`);
  return template;
}

describe('a template', () => {
  for (const [text, expected] of [
    ['plain', 'plain'],
    ['{{ .Name }} 60 IN {{.Type}}', 'ip-10-2.pods.example. 60 IN A'],
    ['10.{{ parseInt .Group.a 16 8 }}.{{ .Group.b | printf "%s"}}', '10.10.ff'],
    ['{{ index .Match 1 }}.{{ index .Match 2 }}', '10.2'],
    ['{{ index .Group "a" }}{{ .Group.none }}', '0a<no value>'],
    ['{{ index .Group "none" }}|', '|'],
    ['{{ .Meta "x/y" }}{{ "x" | .Meta }}', '<x/y><x>'],
    ['{{ .Question.Qtype }}{{ $.Type }}', '1A'],
    ['{{ if eq .Type "A" }}a{{ else if eq .Type "AAAA" }}b{{ else }}c{{ end }}', 'a'],
    ['{{ if eq .Type "B" "A" }}in{{ end }}', 'in'],
    ['{{ if and .Name (not .Empty) }}y{{ end }}{{ if or .Empty .Empty }}n{{ end }}', 'y'],
    ['{{ if ne .Type "A" }}a{{ else with .Group.a }}{{ . }}{{ end }}', '0a'],
    ['{{ with .Empty }}a{{ else }}b{{ end }}', 'b'],
    ['{{ range .Match }}[{{ . }}]{{ end }}', '[ip-10-2][10][2]'],
    [
      '{{ range $i, $m := .Match }}{{ if eq $i 1 }}{{ continue }}{{ end }}{{ $i }}={{ $m }};{{ end }}',
      '0=ip-10-2;2=2;',
    ],
    ['{{ range .Match }}{{ . }}{{ break }}{{ end }}', 'ip-10-2'],
    ['{{ range $k, $v := .Group }}{{ $k }}{{ $v }} {{ end }}', '0ip-10-2 a0a bff '],
    ['{{ range .Empty }}{{ else }}none{{ end }}'.replace('.Empty', '(slice .Match 0 0)'), 'none'],
    ['{{ range 3 }}{{ . }}{{ end }}', '012'],
    ['{{ $x := "a" }}{{ if true }}{{ $x = "b" }}{{ $y := 1 }}{{ end }}{{ $x }}', 'b'],
    ['a  {{- " b " -}}  c', 'a b c'],
    ['a {{/* not this }} */}} b {{- /* nor this */ -}} c', 'a  bc'],
    [
      '{{ printf "%03d|%-4s|%4s|%x|%X|%q|%v|%5.1f|%%" 7 "a" "b" 255 "az" "q" true 1.25 }}',
      '007|a   |   b|ff|617A|"q"|true|  1.3|%'.replace('1.3', (1.25).toFixed(1)),
    ],
    ['{{ printf "%d %s" "x" }}', '%!d(string=x) %!s(MISSING)'],
    ['{{ printf "%s" "a" 1 }}', 'a%!(EXTRA int=1)'],
    ['{{ print "a" 1 2 "b" true }}', 'a1 2b true'.replace('b true', 'btrue')],
    ['{{ len .Match }}{{ len "äb" }}', '33'],
    ['{{ slice .Name 3 5 }}', '10'],
    ['{{ print nil .Group.none }}{{ printf "%s|%v" nil nil }}', '<nil> <nil>%!s(<nil>)|<nil>'],
    ['{{ lt 1 2 }}{{ ge "b" "a" }}{{ gt 1 1 }}{{ le 1 1 }}', 'truetruefalsetrue'],
    ['{{ "a\\"\\x41\\n" }}{{ `r\\n` }}{{ 0x10 }}{{ \'a\' }}{{ 1_000 }}', 'a"A\nr\\n16971000'],
    ['{{ (index .Match 1) | printf "%s%s" "x" }}', 'x10'],
    ['{{ .Match }} {{ .Group }}', '[ip-10-2 10 2] map[0:ip-10-2 a:0a b:ff]'],
    ['{{ true }}{{ nil }}'.replace('{{ nil }}', ''), 'true'],
  ] as const)
    test(text, () => assert.equal(parsed(text).fill(data), expected));
});

describe('no template', () => {
  for (const [text, says] of [
    ['{{ .Name 60 IN A 198.51.100.1', /not closed|not expected|no function/],
    ['{{ .Name', /not closed by }}/],
    ['{{ }}', /value is missing/],
    ['{{ nosuch .Name }}', /no function "nosuch"/],
    ['{{ $x }}', /no variable "\$x"/],
    ['{{ if .Name }}', /has no {{end}}/],
    ['{{ end }}', /ends nothing/],
    ['{{ if .Name }}{{ else }}{{ else }}{{ end }}', /twice/],
    ['{{ (.Name }}', /parenthesis/],
    ['{{ .Name | }}', /value is missing/],
    ['{{ "a }}', /no word/],
    ['{{ "\\k" }}', /no word/],
    ['{{ define "x" }}{{ end }}', /define/],
    ['{{ break }}', /outside/],
    ['{{ .Group.1 }}', /"\.1" is not expected there/],
    ['{{ print .Name"a" }}', /"a" is not expected there/],
    [`${'{{ if . }}'.repeat(60)}${'{{ end }}'.repeat(60)}`, /deeply/],
    [`{{ ${'('.repeat(60)}1${')'.repeat(60)} }}`, /deeply/],
    ['x'.repeat(20_000), /20000 characters/],
  ] as const)
    test(text.slice(0, 60), () => {
      const problem = GoTemplate.parse(text);
      assert.ok(typeof problem === 'string');
      assert.match(problem, says);
    });
});

describe('a template that cannot be filled in throws', () => {
  for (const text of [
    '{{ .Nothing }}',
    '{{ .Name.x }}',
    '{{ index .Match 9 }}',
    '{{ index .Match -1 }}',
    '{{ index .Name "a" }}',
    '{{ parseInt .Group.b 10 8 }}',
    '{{ parseInt "100" 16 8 }}',
    '{{ eq 1 "a" }}',
    '{{ lt 1 "a" }}',
    '{{ .Name "x" }}',
    '{{ nil }}',
    '{{ range $i, $x := 3 }}{{ end }}',
    '{{ printf "%9999d" 1 }}',
    '{{ range 100000 }}{{ end }}',
    '{{ range 500 }}{{ range 500 }}{{ end }}{{ end }}',
    `{{ range 5000 }}${'x'.repeat(100)}{{ end }}`,
    '{{ range .Name }}{{ end }}',
    '{{ . }}',
  ])
    test(text.slice(0, 60), () => assert.throws(() => parsed(text).fill(data), TemplateError));
});
