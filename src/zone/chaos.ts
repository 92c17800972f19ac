// chaos — who this server is, for programs that ask in class CH (RFC 4892 and what BIND began).
//
// A guard and no step: class is no part of what the cache knows an answer by.

import { message, textRecord } from './build-message.ts';
import type { Guard, Verdict } from './guard.ts';
import type { Question, WireName } from './question.ts';
import { TYPE_TXT } from './rdata.ts';
import { nameText, parseName } from './wire-name.ts';

export const CLASS_CHAOS = 3;

export class Chaos implements Guard {
  readonly name = 'chaos';
  readonly #texts: ReadonlyMap<WireName, readonly string[]>;

  constructor(version: string, authors: readonly string[], host: string) {
    this.#texts = new Map(
      Object.entries({
        'version.bind': [version],
        'version.server': [version],
        'authors.bind': [...new Set(authors)].sort(),
        'hostname.bind': [host],
        'id.server': [host],
      }).map(([name, texts]) => [parseName(name)!, texts]),
    );
  }

  judge(question: Question): Verdict {
    const texts = this.#find(question);
    if (texts === undefined) return 'pass';
    const answer = texts.map((text) => textRecord(question.name, TYPE_TXT, 0, [text]));
    return message({ answer: answer.map((one) => ({ ...one, class: CLASS_CHAOS })) });
  }

  explain(question: Question): string | undefined {
    return this.#find(question) === undefined
      ? undefined
      : `${nameText(question.name)} in class CH is told here`;
  }

  #find({ name, type, class: cls }: Question): readonly string[] | undefined {
    return cls === CLASS_CHAOS && type === TYPE_TXT ? this.#texts.get(name) : undefined;
  }
}
