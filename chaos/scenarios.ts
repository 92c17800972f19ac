// scenarios — all of them, in the order they are run and listed.

import type { Scenario } from './scenario.ts';
import { abortWithCore } from './scenarios/abort-with-core.ts';
import { bothAtOnce } from './scenarios/both-at-once.ts';
import { bothDeadFailsOpen } from './scenarios/both-dead-fails-open.ts';
import { channelCut } from './scenarios/channel-cut.ts';
import { clockJump } from './scenarios/clock-jump.ts';
import { descriptorsExhausted } from './scenarios/descriptors-exhausted.ts';
import { eventLoopBlocked } from './scenarios/event-loop-blocked.ts';
import { floodOfGarbage } from './scenarios/flood-of-garbage.ts';
import { foreignRuleAdded } from './scenarios/foreign-rule-added.ts';
import { freeze } from './scenarios/freeze.ts';
import { gcStorm } from './scenarios/gc-storm.ts';
import { interfaceDeleted } from './scenarios/interface-deleted.ts';
import { judge } from './scenarios/judge.ts';
import { killAtSyscall } from './scenarios/kill-at-syscall.ts';
import { killBoth } from './scenarios/kill-both.ts';
import { killPrimary } from './scenarios/kill-primary.ts';
import { killSecondary } from './scenarios/kill-secondary.ts';
import { killTheTaker } from './scenarios/kill-the-taker.ts';
import { leaderKilled } from './scenarios/leader-killed.ts';
import { oom } from './scenarios/oom.ts';
import { queryOfDeath } from './scenarios/query-of-death.ts';
import { rollingUpdate } from './scenarios/rolling-update.ts';
import { rulesFlushed } from './scenarios/rules-flushed.ts';
import { surge } from './scenarios/surge.ts';
import { twinOfAnotherVersion } from './scenarios/twin-of-another-version.ts';
import { upstreamReturns } from './scenarios/upstream-returns.ts';
import { upstreamSilent } from './scenarios/upstream-silent.ts';
import { upstreamSlow } from './scenarios/upstream-slow.ts';
import { xtablesLocked } from './scenarios/xtables-locked.ts';

export const scenarios: readonly Scenario[] = [
  rollingUpdate,
  killPrimary,
  killSecondary,
  killAtSyscall,
  freeze,
  killTheTaker,
  eventLoopBlocked,
  gcStorm,
  leaderKilled,
  interfaceDeleted,
  rulesFlushed,
  foreignRuleAdded,
  xtablesLocked,
  oom,
  abortWithCore,
  channelCut,
  descriptorsExhausted,
  surge,
  queryOfDeath,
  twinOfAnotherVersion,
  upstreamSlow,
  upstreamSilent,
  upstreamReturns,
  killBoth,
  bothDeadFailsOpen,
  bothAtOnce,
  floodOfGarbage,
  clockJump,
  judge,
];
