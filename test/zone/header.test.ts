// header.test — which flags are set and cleared, the last rule of a flag counting.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { message } from '../../src/zone/build-message.ts';
import { flagChange, QueryFlags } from '../../src/zone/header.ts';
import { question } from '../lab/question.ts';
import { flags } from '../lab/wire.ts';

test('the last rule of a flag holds', () => {
  assert.deepEqual(flagChange([]), { set: 0, clear: 0 });
  const rules = [
    { flag: 'aa', isSet: true },
    { flag: 'ra', isSet: true },
    { flag: 'rd', isSet: false },
    { flag: 'ra', isSet: false },
  ] as const;
  assert.deepEqual(flagChange(rules), { set: flags.AA, clear: flags.RD | flags.RA });
});

test('servers are asked with RD as the rule has it', async () => {
  let asked: boolean | undefined;
  const next = async ({ recursionDesired }: { recursionDesired: boolean }) => {
    asked = recursionDesired;
    return message();
  };
  const cleared = new QueryFlags(false);
  await cleared.resolve(question('a.example'), next);
  assert.equal(asked, false);
  assert.match(cleared.explain(question('a.example'))!, /cleared/);
  await new QueryFlags(true).resolve(question('a.example', { recursionDesired: false }), next);
  assert.equal(asked, true);
  assert.equal(new QueryFlags(true).explain(question('a.example')), undefined);
});
