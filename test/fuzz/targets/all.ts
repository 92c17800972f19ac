// all — the targets, in the order in which they get their turns.

import type { Target } from '../target.ts';
import { answer } from './answer.ts';
import { arena } from './arena.ts';
import { clientStream } from './client-stream.ts';
import { compress } from './compress.ts';
import { controlRequest } from './control-request.ts';
import { corefile } from './corefile.ts';
import { fills } from './fills.ts';
import { frames } from './frames.ts';
import { iptablesSave } from './iptables-save.ts';
import { netlink } from './netlink.ts';
import { optionTexts } from './option-texts.ts';
import { query } from './query.ts';
import { readyAnswers } from './ready-answers.ts';
import { resolvConf } from './resolv-conf.ts';
import { twinMessage } from './twin-message.ts';
import { zoneMessage } from './zone-message.ts';
import { zoneText } from './zone-text.ts';

export const targets: readonly Target[] = [
  query,
  answer,
  compress,
  zoneMessage,
  zoneText,
  clientStream,
  frames,
  readyAnswers,
  fills,
  twinMessage,
  arena,
  netlink,
  iptablesSave,
  resolvConf,
  optionTexts,
  controlRequest,
  corefile,
];
