// refusals — why our interface cannot be made or kept, in sentences that say what to do about it.

import type { InterfaceType } from '../../../src/config.ts';
import { errnoOf, messageOf } from '../../../src/errors.ts';
import type { Link } from '../netlink/rtnetlink.ts';
import { NodeError } from '../node-part.ts';

/** The name is taken. */
export function notOurs({ name, kind, master }: Link, type: InterfaceType): NodeError {
  return new NodeError(
    'interface_check',
    `interface ${name} is there already and is not ours: ${remedy(name, kind, master, type)}, or choose another name with --interface.`,
  );
}

/** An address on two interfaces would be answered from either, and go with either. */
/** To which kube-proxy gives the address of every Service, in IPVS mode. */
export const IPVS = 'kube-ipvs0';

export function addressElsewhere(address: string, other: Link | undefined, name: string): NodeError {
  const place = other?.name ?? 'an interface that is gone already';
  if (place === IPVS) {
    return new NodeError(
      'interface_check',
      `address ${address} is on kube-ipvs0: kube-proxy runs in IPVS mode and takes the address of every Service for itself. ` +
        'Listen on a link-local address alone, as in --listen 169.254.20.10, and tell the kubelet to use it: --cluster-dns.',
    );
  }
  return new NodeError(
    'interface_check',
    `address ${address} is on interface ${place}, not on ${name}: remove it there, use that interface with ` +
      `--interface ${place} if an earlier twindns made it, or listen on another address with --listen.`,
    { passing: other === undefined },
  );
}

/** Another program was faster than the plan; the next observation sees what is there now. */
export function movedMeanwhile(name: string): NodeError {
  return new NodeError(
    'interface_add',
    `interface ${name} was removed or replaced by another program just now; we try again. ` +
      'If this goes on, find out which program it is with `ip monitor link address`, or choose another name with --interface.',
    { passing: true },
  );
}

/** @param cause NetlinkError, or what opening a TUN device threw */
export function kernelRefusal(what: string, name: string, type: InterfaceType, cause: unknown): NodeError {
  const kind = what === 'observe' ? 'interface_check' : 'interface_add';
  return new NodeError(kind, `cannot ${what} interface ${name}: ${reason(type, what, cause)}`, { cause });
}

// ---------------------------------------------------------------------------------------------------------------------

function remedy(
  name: string,
  kind: string | undefined,
  master: number | undefined,
  type: InterfaceType,
): string {
  if (kind === type && master !== undefined)
    return `it belongs to a bridge, bond or VRF. Take it out of there with \`ip link set ${name} nomaster\``;
  if (kind === type)
    return 'another process made the TUN device and holds it, or it is a persistent one. Unless it is the twin, which hands it over, stop that process, remove the device';
  const is = kind === undefined ? 'it is a network card or the like' : `its kind is ${kind}, not ${type}`;
  return kind === 'dummy'
    ? `${is}. Remove what an earlier twindns left with \`twindns clean\``
    : `${is}. Remove it`;
}

function reason(type: InterfaceType, what: string, cause: unknown): string {
  const code = errnoOf(cause);
  const open = cause instanceof Error && 'syscall' in cause && cause.syscall === 'open';
  if (open) return deviceReason(code);
  if (code === 'EPERM')
    return (
      'not permitted. It takes the capability NET_ADMIN (in a pod: securityContext.capabilities.add: [NET_ADMIN]); ' +
      'without it the addresses have to be on the node already: --interface-type none leaves them alone.'
    );
  if (what.includes(':') && (code === 'EACCES' || code === 'EOPNOTSUPP'))
    return 'IPv6 is switched off on this node. Switch it on (sysctl net.ipv6.conf.default.disable_ipv6=0), or listen on IPv4 alone with --listen.';
  if (code === 'EOPNOTSUPP' && type === 'dummy')
    return 'the kernel has no dummy interfaces. Load them on the node with `modprobe dummy`, or take the other kind: --interface-type tun.';
  return `${messageOf(cause)}. See what is there with \`ip address show\`; --interface-type none does without.`;
}

function deviceReason(code: string | undefined): string {
  const instead = 'or take the other kind: --interface-type dummy.';
  if (code === 'EPERM' || code === 'EACCES')
    return `opening /dev/net/tun is not permitted. Let the container use the device (10:200; in a pod: privileged, or a device plugin), ${instead}`;
  if (code === 'EMFILE' || code === 'ENFILE')
    return `too many open files (${code}). Raise the limit (ulimit -n), ${instead}`;
  return (
    'there is no /dev/net/tun that works. Load it on the node with `modprobe tun` and mount /dev/net/tun into the container, ' +
    instead
  );
}
