// node — a stand-in for a node of a cluster, made of the namespaces of the suite: addresses, and a resolv.conf for pods.
//
// The namespaces go with the suite, and all that is made here goes with them: nothing is undone.

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Endpoint } from '../../src/config.ts';
import type { Cluster } from './environment.ts';

/** Addresses as clusters have them; in a network of the suite's own none is taken. */
export const cluster: Cluster = {
  nodeIp: '192.0.2.7',
  clusterIps: { 'kube-dns': '10.96.0.10', 'twindns-cluster-dns': '10.97.1.2' },
};

/** Where the suite's upstream stands in for the cluster DNS, and for the servers of the node's resolv.conf. */
export const clusterDns: Endpoint = { address: '10.97.1.2', port: 53 };

/** Once in a namespace. @param folder for files that are mounted over the machine's */
export async function makeNode(folder: string): Promise<void> {
  const uplink = 'uplink';
  await run('ip', 'link', 'add', uplink, 'type', 'veth', 'peer', 'name', 'network');
  await run('ip', 'address', 'add', `${cluster.nodeIp}/24`, 'dev', uplink);
  for (const name of [uplink, 'network']) await run('ip', 'link', 'set', name, 'up');
  // kube-proxy would lead this address to another node; here the server is at it.
  await changeAddresses('add', [clusterDns.address]);
  const file = `${folder}/resolv.conf`;
  writeFileSync(file, `nameserver ${clusterDns.address}\n`);
  await run('mount', '--bind', file, '/etc/resolv.conf');
}

/** Addresses that the node gets, or loses, without an instance. */
export async function changeAddresses(change: 'add' | 'delete', addresses: readonly string[]): Promise<void> {
  for (const address of addresses) await run('ip', 'address', change, `${address}/32`, 'dev', 'lo');
}

// ---------------------------------------------------------------------------------------------------------------------

const run = (file: string, ...args: string[]) => promisify(execFile)(file, args);
