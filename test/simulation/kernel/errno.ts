// errno — numbers of Linux for what a call refuses, and the exceptions that node-reuseport and node:fs make of them.

export const errnos = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EIO: 5,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EEXIST: 17,
  ENOTDIR: 20,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOSPC: 28,
  EPIPE: 32,
  ENOTSOCK: 88,
  EMSGSIZE: 90,
  ENOPROTOOPT: 92,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETUNREACH: 101,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ENOBUFS: 105,
  ENOTCONN: 107,
  ECONNREFUSED: 111,
  ESTALE: 116,
} as const;

export type Errno = keyof typeof errnos;

/** A call refused. */
export class KernelError extends Error {
  readonly code: Errno;
  readonly errno: number;
  readonly syscall: string;

  constructor(code: Errno, syscall: string, what?: string) {
    super(`${syscall} ${code}${what === undefined ? '' : ` ${what}`}`);
    this.code = code;
    this.errno = -errnos[code];
    this.syscall = syscall;
  }
}
