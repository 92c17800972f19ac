// terminal.test — one line is drawn again and again below those that scroll, and only where somebody can see it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTerminal } from '../../src/pair/terminal.ts';

function recorded(isTTY: boolean) {
  let written = '';
  const terminal = createTerminal({
    isTTY,
    columns: () => 10,
    write(text) {
      written += text;
    },
  });
  return { terminal, written: () => written };
}

test('a line that scrolls goes above the drawn one', () => {
  const { terminal, written } = recorded(true);
  terminal.draw('status');
  terminal.line('event');
  assert.equal(written(), '\r\x1b[Kstatus\r\x1b[Kevent\nstatus');
});

test('a drawn line never wraps, and is gone after clear', () => {
  const { terminal, written } = recorded(true);
  terminal.draw('0123456789abc');
  terminal.clear();
  terminal.draw('again');
  terminal.line('end');
  assert.equal(written(), '\r\x1b[K012345678\r\x1b[Kend\n');
});

test('without a terminal nothing is drawn', () => {
  const { terminal, written } = recorded(false);
  terminal.draw('status');
  terminal.line('event');
  terminal.clear();
  assert.equal(written(), 'event\n');
});
