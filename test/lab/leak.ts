// leak — imported into a resolver's process, it keeps one object a datagram: what tests of memory must be able to find.

import { ReadyAnswers } from '../../src/cache/ready-answers.ts';

const kept: object[] = [];
const { find } = ReadyAnswers.prototype;

ReadyAnswers.prototype.find = function (this: ReadyAnswers, ...args) {
  kept.push({ length: args[2] });
  return find.apply(this, args);
};
