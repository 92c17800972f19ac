// scenarios — all of them, in the order they are run and listed.

import type { Scenario } from './scenario.ts';
import { freeze } from './scenarios/freeze.ts';
import { killPrimary } from './scenarios/kill-primary.ts';
import { killSecondary } from './scenarios/kill-secondary.ts';
import { rollingUpdate } from './scenarios/rolling-update.ts';

export const scenarios: readonly Scenario[] = [rollingUpdate, killPrimary, killSecondary, freeze];
