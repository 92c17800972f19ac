// systemd-command.test — a command for systemd that the units do not bear out is found.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemdProblems } from './systemd-command.ts';

test('a command for systemd that names what is there passes', () => {
  for (const command of [
    'systemctl enable --now twindns@primary.service twindns.target',
    'systemctl daemon-reload',
    'cp manifests/systemd/twindns.env /etc/twindns/twindns.env',
    'mkdir /etc/twindns',
    'systemd-sysusers',
  ])
    assert.deepEqual(systemdProblems(command), [], command);
});

test('each thing that is not there is found', () => {
  for (const command of [
    'systemctl enable twindns@tertiary.service',
    'systemctl mask twindns.target',
    'cp manifests/systemd/twindns.conf /etc/twindns/twindns.conf',
    'cp manifests/systemd/twindns.env /srv/twindns.env',
    'mkdir /srv/twindns',
    'systemd-sysusers twindns',
    'service twindns start',
  ])
    assert.equal(systemdProblems(command).length, 1, command);
});
