// cache-command — `twindns cache`: what both instances have of a name, and the end of it.

import { extendedErrorName } from '../ask/extended-errors.ts';
import { recordLine } from '../ask/record-line.ts';
import { decodeReply } from '../ask/show-reply.ts';
import type { Slot } from '../config.ts';
import { TwindnsError } from '../errors.ts';
import { printable } from '../log/log.ts';
import { callBoth } from './call-both.ts';
import type { Call } from './call-instance.ts';
import type { CachedAnswer } from './protocol.ts';

export interface CacheRequest {
  readonly action: 'show' | 'flush';
  readonly name: string | undefined;
  readonly zone: string | undefined;
  readonly type: string | undefined;
  readonly json: boolean;
}

/** Whether both instances were asked. @throws TwindnsError USAGE, NO_INSTANCE */
export async function cacheCommand(
  request: CacheRequest,
  call: Call,
  print: (text: string) => void,
): Promise<boolean> {
  refuseNonsense(request);
  return request.action === 'show' ? show(request, call, print) : flush(request, call, print);
}

// ---------------------------------------------------------------------------------------------------------------------

function refuseNonsense({ action, name, zone, type }: CacheRequest): void {
  const refuse = (sentence: string): never => {
    throw new TwindnsError('USAGE', sentence);
  };
  if (action === 'show' && zone !== undefined) refuse('--zone goes with flush. Give show a name.');
  if (action === 'flush' && type !== undefined)
    refuse('--type goes with show: all types of a name are flushed. Leave it out.');
  if (name !== undefined && zone !== undefined) refuse('a name and --zone were given. Give one of them.');
  if (name === undefined && zone === undefined)
    refuse(
      action === 'show'
        ? 'there is no name to show. Give one.'
        : 'there is nothing to flush. Give a name, or --zone NAME.',
    );
}

async function show({ name = '', type, json }: CacheRequest, call: Call, print: (text: string) => void) {
  const heard = await callBoth(call, 'show', { name });
  const isWanted = (answer: CachedAnswer) => type === undefined || answer.type === type.toUpperCase();
  if (json) {
    const instances = heard.map((one) =>
      'error' in one
        ? one
        : { slot: one.slot, answers: one.reply.answers.filter(isWanted), more: one.reply.more },
    );
    print(`${JSON.stringify({ instances }, null, 2)}\n`);
    return heard.every((one) => 'reply' in one);
  }
  for (const one of heard) {
    if ('error' in one) {
      print(`;; The ${one.slot} could not be asked: ${one.error}.\n`);
      continue;
    }
    const answers = one.reply.answers.filter(isWanted);
    if (answers.length === 0) print(`;; ${one.slot}: nothing is cached\n`);
    for (const answer of answers) print(renderAnswer(one.slot, answer));
    if (one.reply.more > 0) print(`;; ${one.slot}: ${one.reply.more} more\n`);
  }
  return heard.every((one) => 'reply' in one);
}

function renderAnswer(slot: Slot, answer: CachedAnswer): string {
  const { type, kind, rcode, zone, ageSeconds, leftSeconds, bytes, ede, audience, message } = answer;
  const left =
    leftSeconds > 0
      ? `good for ${leftSeconds.toFixed(1)} s`
      : `old data: it ran out ${(-leftSeconds).toFixed(1)} s ago`;
  const facts = [
    `${type} ${rcode}${kind === 'denial' && rcode === 'NOERROR' ? ', no such type' : ''}`,
    `stored ${ageSeconds.toFixed(1)} s ago`,
    left,
    `zone ${zone}`,
    `${bytes} bytes`,
    ...(answer.dnssecOk ? ['with signatures'] : []),
    ...(answer.checkingDisabled ? ['unchecked'] : []),
    ...(audience > 0 ? [`for clients ${audience}`] : []),
    ...(ede === null ? [] : [`EDE ${ede} (${extendedErrorName(ede)})`]),
  ];
  const records = message === null ? [] : (decodeReply(Buffer.from(message, 'base64'), slot).answers ?? []);
  return [`;; ${slot}: ${printable(facts.join(', '))}`, ...records.map(recordLine)]
    .map((line) => `${line}\n`)
    .join('');
}

async function flush({ name, zone, json }: CacheRequest, call: Call, print: (text: string) => void) {
  const heard = await callBoth(call, 'flush', { name: zone ?? name ?? '', zone: zone !== undefined });
  if (json) {
    const instances = heard.map((one) => ('error' in one ? one : { slot: one.slot, ...one.reply }));
    print(`${JSON.stringify({ instances }, null, 2)}\n`);
  } else {
    for (const one of heard) {
      if ('reply' in one)
        print(
          `${one.slot}: ${one.reply.flushed} ${one.reply.flushed === 1 ? 'answer' : 'answers'} flushed\n`,
        );
      else print(`The ${one.slot} could not be asked, and has what it had: ${one.error}.\n`);
    }
  }
  return heard.every((one) => 'reply' in one);
}
