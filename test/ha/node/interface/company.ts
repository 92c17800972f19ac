// company — the others when an interface is tested: the twin, a pod, the kernel that reports changes.

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  accept,
  close,
  listenChannel,
  openNetlink,
  Poller,
  READABLE,
  read,
  sendMessage,
} from 'node-reuseport';
import type { InterfaceObservation } from '../../../../ha/node/interface/interface.ts';
import { decodeMessages } from '../../../../ha/node/netlink/message.ts';
import { interfaceGroups, NETLINK_ROUTE } from '../../../../ha/node/netlink/rtnetlink-numbers.ts';
import { interfaceAs, ip } from './lab.ts';

/** Another process that holds the descriptor, and what it found. */
export async function twinWith(
  t: TestContext,
  fd: number,
): Promise<{ process: ChildProcess; observation: InterfaceObservation }> {
  const listener = listenChannel('interface-twin');
  const twin = start('twin.js', ['interface-twin']);
  t.after(() => twin.kill('SIGKILL'));
  await readable(listener);
  const channel = accept(listener, new Uint8Array(28));
  assert.equal(sendMessage(channel, Buffer.from('f'), 1, Int32Array.of(fd)), 1);
  for (const end of [channel, listener]) close(end);
  const [observation] = await once(twin, 'message');
  return { process: twin, observation };
}

/** A process behind a cable, which reaches the node's addresses by its default routes. */
export async function startPod(t: TestContext): Promise<ChildProcess> {
  const pod = start('pod.js', [], ['unshare', '--net']);
  t.after(() => {
    // Later the cable would be gone at some time of the kernel's choice.
    if (interfaceAs('to-pod') !== undefined) ip('link del to-pod');
    pod.kill('SIGKILL');
  });
  await once(pod, 'message');
  ip(`link add to-pod type veth peer name eth0 netns ${pod.pid}`);
  const inPod = (words: string) =>
    execFileSync('nsenter', [`--net=/proc/${pod.pid}/ns/net`, 'ip', ...words.split(' ')]);
  for (const [here, there] of [
    ['10.9.0.1', '10.9.0.2/24'],
    ['fd09::1', 'fd09::2/64'],
  ] as const) {
    const flags = here.includes(':') ? ' nodad' : '';
    ip(`address add ${here}/${there.split('/')[1]} dev to-pod${flags}`);
    inPod(`address add ${there} dev eth0${flags}`);
  }
  ip('link set to-pod up');
  inPod('link set eth0 up');
  for (const via of ['10.9.0.1', 'fd09::1']) inPod(`route add default via ${via}`);
  return pod;
}

/** Resolves when the kernel reports that of the addresses or the interface: RTM_DELLINK 17, RTM_DELADDR 21. */
export async function eventOf(type: number): Promise<void> {
  const events = openNetlink(NETLINK_ROUTE, interfaceGroups);
  const buffer = new Uint8Array(1 << 16);
  try {
    for (;;) {
      await readable(events);
      const length = read(events, buffer, 0, buffer.length);
      assert.ok(length > 0);
      if (decodeMessages(buffer.slice(0, length)).some((message) => message.type === type)) return;
    }
  } finally {
    close(events);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function start(file: string, args: readonly string[], under: readonly string[] = []): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const [execPath, ...execArgv] = [...under, process.execPath];
  const child = fork(path, args, { execPath: execPath!, execArgv });
  return child;
}

async function readable(fd: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const poller = new Poller(() => {
      poller.close();
      resolve();
    });
    poller.add(fd, READABLE, 0);
  });
}
