// own-program — the commands of the program as data, without running any.

import { chaosText } from '../../chaos/command-text.ts';
import { cleanText, netText, rulesText } from '../../ha/node/command-text.ts';
import { checkText } from '../../src/check/command-text.ts';
import { type Actions, createProgram } from '../../src/cli.ts';
import { completionText } from '../../src/completion/command-text.ts';
import { cacheText } from '../../src/control/command-text.ts';
import { diagnoseText } from '../../src/diagnose/command-text.ts';
import { manText } from '../../src/manual/command-text.ts';
import { preflightText } from '../../src/preflight/command-text.ts';
import { type ProgramText, programText } from '../../src/program-text.ts';
import { topText } from '../../src/top/command-text.ts';

export function ownProgram(): ProgramText {
  const node = [rulesText, cleanText, netText];
  const texts = [
    ...node,
    preflightText,
    checkText,
    cacheText,
    topText,
    diagnoseText,
    chaosText,
    completionText,
    manText,
  ];
  const others = texts.map((text) => ({ text, act: async () => {} }));
  return programText(createProgram({ version() {} } as Actions, others));
}
