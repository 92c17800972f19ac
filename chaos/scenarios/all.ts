// all — every scenario, in the order in which they are run and listed.

import type { Scenario } from '../scenario.ts';
import { abortWithCore } from './abort-with-core.ts';
import { addressChange } from './address-change.ts';
import { adminIdle } from './admin-idle.ts';
import { adminPipeline } from './admin-pipeline.ts';
import { attacksAtOnce } from './attacks-at-once.ts';
import { bigBursts } from './big-bursts.ts';
import { bothAtOnce } from './both-at-once.ts';
import { bothDeadFailsOpen } from './both-dead-fails-open.ts';
import { bothKilledForGood } from './both-killed-for-good.ts';
import { bytesOwed } from './bytes-owed.ts';
import { channelCut } from './channel-cut.ts';
import { channelSquatted } from './channel-squatted.ts';
import { clockJump } from './clock-jump.ts';
import { closingUpstream } from './closing-upstream.ts';
import { clusterDnsDeadAtStart } from './cluster-dns-dead-at-start.ts';
import { cpuLimit } from './cpu-limit.ts';
import { descriptorsExhausted } from './descriptors-exhausted.ts';
import { dnsperfCounts } from './dnsperf-counts.ts';
import { eventLoopBlocked } from './event-loop-blocked.ts';
import { failingCalls } from './failing-calls.ts';
import { floodOfGarbage } from './flood-of-garbage.ts';
import { foreignRuleAdded } from './foreign-rule-added.ts';
import { freeze } from './freeze.ts';
import { frozenWhenIdle } from './frozen-when-idle.ts';
import { gcStorm } from './gc-storm.ts';
import { heavyNeighbour } from './heavy-neighbour.ts';
import { interfaceDeleted } from './interface-deleted.ts';
import { killAtSyscall } from './kill-at-syscall.ts';
import { killBoth } from './kill-both.ts';
import { killOf } from './kill-slot.ts';
import { killTheTaker } from './kill-the-taker.ts';
import { killedWhenIdle } from './killed-when-idle.ts';
import { leaderKilled } from './leader-killed.ts';
import { lossyUpstream } from './lossy-upstream.ts';
import { modeChange } from './mode-change.ts';
import { oom } from './oom.ts';
import { pointerBomb } from './pointer-bomb.ts';
import { preStop } from './pre-stop.ts';
import { queryOfDeath } from './query-of-death.ts';
import { realClients } from './real-clients.ts';
import { reload } from './reload.ts';
import { rollingUpdate } from './rolling-update.ts';
import { rulesFlushed } from './rules-flushed.ts';
import { severalPorts } from './several-ports.ts';
import { shortOfProcessor } from './short-of-processor.ts';
import { silentNames } from './silent-names.ts';
import { slowClusterName } from './slow-cluster-name.ts';
import { surge } from './surge.ts';
import { tcpHog } from './tcp-hog.ts';
import { twinOfAnotherVersion } from './twin-of-another-version.ts';
import { twinTurnedBad } from './twin-turned-bad.ts';
import { uninstalled } from './uninstalled.ts';
import { upstreamReturns } from './upstream-returns.ts';
import { upstreamSilent } from './upstream-silent.ts';
import { upstreamSlow } from './upstream-slow.ts';
import { xtablesLocked } from './xtables-locked.ts';

export const scenarios: readonly Scenario[] = [
  rollingUpdate,
  addressChange,
  severalPorts,
  reload,
  killOf('primary'),
  killOf('secondary'),
  killAtSyscall,
  freeze,
  frozenWhenIdle,
  killedWhenIdle,
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
  failingCalls,
  surge,
  queryOfDeath,
  twinOfAnotherVersion,
  upstreamSlow,
  upstreamSilent,
  upstreamReturns,
  killBoth,
  bothDeadFailsOpen,
  clusterDnsDeadAtStart,
  bothKilledForGood,
  uninstalled,
  modeChange,
  bothAtOnce,
  preStop,
  floodOfGarbage,
  clockJump,
  dnsperfCounts,
  realClients,
  bytesOwed,
  silentNames,
  adminIdle,
  adminPipeline,
  tcpHog,
  slowClusterName,
  closingUpstream,
  lossyUpstream,
  pointerBomb,
  bigBursts,
  attacksAtOnce,
  twinTurnedBad,
  channelSquatted,
  shortOfProcessor,
  cpuLimit,
  heavyNeighbour,
];
