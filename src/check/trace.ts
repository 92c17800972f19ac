// trace — what would happen to one query and why: the zone that takes it, what its guards and steps say, the forward in the end.
//
// Guards and steps are run for real, with a forward behind them that answers nothing, so that what a step makes of the question
// is what the next one is asked.

import { formatEndpoint } from '../config.ts';
import { isWithin, showZone } from '../corefile/zone-name.ts';
import { TwindnsError } from '../errors.ts';
import { printable } from '../log/log.ts';
import { rcodeName } from '../message/rcode-names.ts';
import { typeName, typeNumber } from '../message/type-names.ts';
import type { ForwardPlan } from '../plan/forward-plan.ts';
import type { BlockPlan, ListenerPlan, Plan, ZonePlan } from '../plan/plan.ts';
import { countOf } from '../preflight/finding.ts';
import { message } from '../zone/build-message.ts';
import type { Message } from '../zone/message.ts';
import type { Question } from '../zone/question.ts';
import type { Step } from '../zone/step.ts';
import { foldName, nameText, parseName } from '../zone/wire-name.ts';
import { cacheText, forwardText, placeText } from './show-plan.ts';

export interface Asked {
  /** With the final dot. */
  readonly name: string;
  readonly type: string;
  readonly question: Omit<Question, 'client'>;
  readonly client: string;
}

/** At the listeners that do the same with it. */
export interface Trace {
  readonly at: readonly string[];
  readonly steps: readonly TraceStep[];
}

export interface TraceStep {
  /** The directive, or `zone` and `answer`. */
  readonly what: string;
  readonly sentence: string;
}

/** @throws TwindnsError USAGE when one of them is none */
export function askedOf(name: string, type: string, client: string): Asked {
  const wire = parseName(name);
  const number = typeNumber(type.toUpperCase());
  if (wire === undefined)
    throw new TwindnsError(
      'USAGE',
      `--name is ${JSON.stringify(name)}: not a domain name. Give one such as www.example.org.`,
    );
  if (number === undefined)
    throw new TwindnsError(
      'USAGE',
      `--type is ${JSON.stringify(type)}: not a record type. Give one such as A, AAAA or TYPE65.`,
    );
  const folded = foldName(wire);
  const question = {
    name: folded,
    type: number,
    class: 1,
    recursionDesired: true,
    checkingDisabled: false,
    dnssecOk: false,
  };
  return { name: nameText(folded), type: typeName(number), question, client };
}

/** @param file the Corefile: places in it are told by their lines alone */
export async function traceOf(plan: Plan, asked: Asked, file: string): Promise<readonly Trace[]> {
  const found = new Map<string, { at: string[]; steps: readonly TraceStep[] }>();
  for (const listener of plan.listeners) {
    const steps = await stepsAt(listener, asked, file);
    const key = JSON.stringify(steps);
    const same = found.get(key);
    if (same) same.at.push(formatEndpoint(listener.at));
    else found.set(key, { at: [formatEndpoint(listener.at)], steps });
  }
  return [...found.values()];
}

export function showTrace(traces: readonly Trace[], { name, type }: Asked): string {
  const lines = traces.flatMap(({ at, steps }) => [
    `${name} ${type}, asked at ${at.join(', ')}`,
    ...steps.map(({ what, sentence }) => `  ${what.padEnd(8)}  ${sentence}`),
  ]);
  return `${lines.map(printable).join('\n')}\n`;
}

// ---------------------------------------------------------------------------------------------------------------------

async function stepsAt(
  { at, zones }: ListenerPlan,
  asked: Asked,
  file: string,
): Promise<readonly TraceStep[]> {
  const client = { address: asked.client, port: 53_000, server: at, transport: 'udp' } as const;
  const question: Question = { ...asked.question, client };
  const trace: TraceStep[] = [];
  const zone = zoneOf(zones, asked.name.slice(0, -1), question, trace);
  if (zone === undefined) return [...trace, { what: 'zone', sentence: 'no zone takes it: REFUSED' }];
  const { suffix, block } = zone;
  trace.push({
    what: 'zone',
    sentence: `${showZone(suffix)} takes it: ${why(zones, suffix)} (${placeText(block, file)})`,
  });
  if (block.guards.length + block.steps.length + block.forwards.length === 0)
    return [...trace, { what: 'answer', sentence: 'REFUSED: nothing in the block answers' }];
  for (const guard of block.guards) {
    const sentence = guard.explain(question);
    if (sentence !== undefined) trace.push({ what: guard.name, sentence });
    const verdict = guard.judge(question);
    if (verdict === 'pass') continue;
    return [
      ...trace,
      { what: 'answer', sentence: verdict === 'drop' ? 'none' : `${rcodeText(verdict)}, not kept` },
    ];
  }
  trace.push({ what: 'cache', sentence: cacheText(block.cache) });
  await resolve(block, question, trace);
  return trace;
}

/** The longest whose view is there for the question, of blocks for the same zone the first. */
function zoneOf(
  zones: readonly ZonePlan[],
  name: string,
  question: Question,
  trace: TraceStep[],
): ZonePlan | undefined {
  const holding = zones
    .filter(({ suffix }) => isWithin(name, suffix))
    .sort((a, b) => b.suffix.length - a.suffix.length);
  return holding.find(({ block: { view } }) => {
    const sentence = view?.explain(question);
    if (sentence !== undefined) trace.push({ what: 'view', sentence });
    return sentence === undefined;
  });
}

function why(zones: readonly ZonePlan[], suffix: string): string {
  return zones.length === 1
    ? 'it is the only zone'
    : suffix === ''
      ? 'no longer zone does'
      : `the longest of ${zones.length} zones`;
}

async function resolve(block: BlockPlan, question: Question, trace: TraceStep[]): Promise<void> {
  const run = async (steps: readonly Step[], asked: Question): Promise<Message> => {
    const [step, ...others] = steps;
    if (step === undefined) {
      trace.push({ what: 'forward', sentence: forwardSentence(block.forwards, asked, question) });
      return message();
    }
    const sentence = step.explain(asked);
    if (sentence !== undefined) trace.push({ what: step.name, sentence });
    let isPassedOn = false;
    const reply = await step.resolve(asked, (next) => {
      isPassedOn = true;
      return run(others, next);
    });
    if (!isPassedOn)
      trace.push({
        what: 'answer',
        sentence: `${rcodeText(reply)} with ${countOf(reply.answer.length, 'record', 'records')}, made here`,
      });
    return reply;
  };
  await run(block.steps, question);
}

function forwardSentence(forwards: readonly ForwardPlan[], asked: Question, first: Question): string {
  const name = nameText(asked.name);
  const bare = name.slice(0, -1);
  const changed = asked.name !== first.name || asked.type !== first.type;
  const what = changed ? `${name} ${typeName(asked.type)}: ` : '';
  const forward = forwards.find(
    ({ from, except }) =>
      isWithin(bare, from) && (bare === from || !except.some((zone) => isWithin(bare, zone))),
  );
  return forward === undefined ? `${what}none takes it: SERVFAIL` : `${what}${forwardText(forward)}`;
}

function rcodeText({ rcode }: Message): string {
  return rcodeName(rcode);
}
