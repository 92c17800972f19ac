// ask-instances — `twindns query --slot`: asks an instance by itself, or both, and shows where the answer came from.

import type { DecodedPacket } from 'dns-packet';
import type { Slot } from '../config.ts';
import type { Call } from '../control/call-instance.ts';
import type { Answered } from '../control/protocol.ts';
import { messageOf, TwindnsError } from '../errors.ts';
import { type Asked, encodeQuery } from './question.ts';
import { answerText, decodeReply, isFailure, renderReply, replyFields } from './show-reply.ts';

export interface AskInstances extends Asked {
  readonly slots: readonly Slot[];
  /** Shows the way of the question, too. */
  readonly trace: boolean;
  readonly json: boolean;
}

/**
 * Whether a client can use each of the answers, and there is one of each instance.
 * @throws TwindnsError NO_INSTANCE if none of them is there
 */
export async function askInstances(
  question: AskInstances,
  call: Call,
  print: (text: string) => void,
): Promise<boolean> {
  const query = encodeQuery(question).toString('base64');
  const outcomes = await Promise.all(question.slots.map((slot) => askOne(slot, query, call)));
  const answers = outcomes.filter((outcome) => 'answered' in outcome);
  if (answers.length === 0) {
    const tried = outcomes.map((outcome) => `${outcome.slot}: ${'error' in outcome ? outcome.error : ''}`);
    throw new TwindnsError(
      'NO_INSTANCE',
      `no running instance could be asked (${tried.join('; ')}). Name the port of the pair with --server, and its directory ` +
        'with --channel-directory if it has one of its own.',
    );
  }
  const texts = new Set(answers.map(({ reply }) => (reply === undefined ? '' : answerText(reply))));
  const same = answers.length < 2 ? null : texts.size === 1;
  if (question.json) {
    const instances = outcomes.map((outcome) => {
      if ('error' in outcome) return outcome;
      const { slot, answered, reply } = outcome;
      const { reply: _, ...facts } = answered;
      return { slot, ...facts, ...(reply === undefined ? { rcode: null } : replyFields(reply)) };
    });
    print(`${JSON.stringify({ same, instances }, null, 2)}\n`);
  } else {
    print(outcomes.map((outcome) => renderOutcome(outcome, question.trace)).join('\n'));
    if (same === true) print('\nBoth instances answer the same.\n');
    if (same === false) print('\nThe two instances answer differently.\n');
  }
  return answers.length === outcomes.length && answers.every(({ reply }) => reply && !isFailure(reply));
}

// ---------------------------------------------------------------------------------------------------------------------

type Outcome =
  | { readonly slot: Slot; readonly answered: Answered; readonly reply: DecodedPacket | undefined }
  | { readonly slot: Slot; readonly error: string };

async function askOne(slot: Slot, query: string, call: Call): Promise<Outcome> {
  try {
    const answered = await call(slot, 'ask', { query });
    const bytes = answered.reply === null ? undefined : Buffer.from(answered.reply, 'base64');
    return { slot, answered, reply: bytes && decodeReply(bytes, `the ${slot}`) };
  } catch (error) {
    return { slot, error: messageOf(error) };
  }
}

function renderOutcome(outcome: Outcome, trace: boolean): string {
  if ('error' in outcome) return `The ${outcome.slot} could not be asked: ${outcome.error}.\n`;
  const { slot, answered, reply } = outcome;
  const remarks = [
    `${answered.ms.toFixed(1)} ms in the ${slot}, ${originText(answered)}`,
    ...(trace ? traceOf(slot, answered) : []),
  ];
  if (reply === undefined) return `${[`no reply`, ...remarks].map((line) => `;; ${line}`).join('\n')}\n`;
  return renderReply(reply, remarks);
}

function originText(answered: Answered): string {
  const { origin, upstream } = answered;
  switch (origin) {
    case 'cache':
      return `from its cache: ${ageText(answered)}`;
    case 'upstream':
      return upstream === null ? 'asked upstream, of which none answered' : `from ${upstream.server}`;
    case 'made':
      return 'made by it, as its Corefile says';
    case 'refused':
      return 'which looked for no answer';
  }
}

function ageText({ ageSeconds, leftSeconds }: Answered): string {
  const left = leftSeconds ?? 0;
  const rest =
    left > 0 ? `good for ${left.toFixed(1)} s` : `old data: it ran out ${(-left).toFixed(1)} s ago`;
  return `stored ${(ageSeconds ?? 0).toFixed(1)} s ago, ${rest}`;
}

function traceOf(slot: Slot, answered: Answered): string[] {
  const { zone, origin, upstream, ms } = answered;
  const cache =
    origin === 'cache' ? `hit, ${ageText(answered)}` : origin === 'upstream' ? 'miss' : 'not looked at';
  return [
    'trace',
    `  instance  ${slot}, ${ms.toFixed(1)} ms in all`,
    `  zone      ${zone ?? 'none: the name is in none that is served'}`,
    `  cache     ${cache}`,
    `  upstream  ${
      upstream === null
        ? '-'
        : `${upstream.server}/${upstream.transport}, ${upstream.ms.toFixed(1)} ms, sent ${upstream.sends} ${upstream.sends === 1 ? 'time' : 'times'}`
    }`,
  ];
}
