// log — `log [NAME… [FORMAT]] { class all|success|denial|error… }`: which queries are written to the log, and in what form.

import { defaultFormat, unknownWords } from '../log/query-format.ts';
import { type QueryLogPlan, type ReplyClass, replyClasses } from '../plan/log-plan.ts';
import type { Directive, Faults } from './directive.ts';
import { quoted } from './fault-list.ts';
import { eachOption } from './grammar.ts';
import { readZones } from './zone-name.ts';

export function readLog(directives: readonly Directive[], faults: Faults): readonly QueryLogPlan[] {
  return directives.map((directive) => {
    const { args } = directive;
    const last = args.at(-1);
    const format = last?.text.includes('{') ? last : undefined;
    if (format !== undefined && args.length === 1)
      faults.warn(
        format,
        `${quoted(format)} is the format for all names. CoreDNS takes it for a name: write \`log . FORMAT\`.`,
      );
    const [unknown] = unknownWords(format?.text ?? '');
    if (format !== undefined && unknown !== undefined)
      faults.warn(
        format,
        `${unknown} in the format is no word that stands for anything: it is written as it is.`,
      );
    const names = format === undefined ? args : args.slice(0, -1);
    for (const word of names)
      if (word.text === 'combined' || word.text === 'common')
        faults.warn(
          word,
          `${quoted(word)} is taken for a name. The format has braces: \`log . {${word.text}}\`.`,
        );
    const classes = new Set<ReplyClass>();
    eachOption(directive, faults, {
      class({ name, args }) {
        if (args.length === 0) faults.refuse(name, '`class` needs all, success, denial or error.');
        for (const word of args) {
          const known = replyClasses.find((one) => one === word.text);
          if (known !== undefined) classes.add(known);
          else if (word.text === 'all') for (const one of replyClasses) classes.add(one);
          else
            faults.refuse(word, `\`class\` is all, success, denial or error: not ${quoted(word)}.`, [
              'all',
              ...replyClasses,
            ]);
        }
      },
    });
    return {
      zones: names.length === 0 ? [''] : readZones(names, faults),
      classes: classes.size === 0 ? replyClasses : replyClasses.filter((one) => classes.has(one)),
      format: format?.text ?? defaultFormat,
    };
  });
}
