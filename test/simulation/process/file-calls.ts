// file-calls — node:fs as a simulated process has it: /proc, /dev/urandom, and the directory in which twins meet.

import { constants } from 'node:fs';
import type { Chance } from '../chance.ts';
import { ChannelEnd } from '../kernel/channel.ts';
import { type Errno, KernelError } from '../kernel/errno.ts';
import type { Node } from '../kernel/files.ts';
import { OpenFile } from '../kernel/open-file.ts';
import type { Process } from './process.ts';

/** Of statfs(2). */
const PROC_SUPER_MAGIC = 0x9fa0;
/** Of the network that all processes are in. */
const NETWORK = 4_026_531_840;
const PF_EXITING = 0x4;
/** Milliseconds. */
const TICK = 10;

class ProcessFolder extends OpenFile {
  readonly kind = 'process state';
  readonly of: Process;

  constructor(inode: number, of: Process) {
    super(inode);
    this.of = of;
  }
}

class TextFile extends OpenFile {
  readonly kind: string;
  readonly text: string;

  constructor(inode: number, kind: string, text: string) {
    super(inode);
    this.kind = kind;
    this.text = text;
  }
}

class RandomDevice extends OpenFile {
  readonly kind = 'urandom';
}

interface Lookup {
  readonly throwIfNoEntry?: boolean;
}

export function fileCalls(process: Process, chance: Chance) {
  const { machine } = process;
  const { files } = machine;

  function enter(call: string): void {
    process.enter(call);
    const failed = process.failure(call);
    if (failed !== undefined) throw new KernelError(failed, call);
  }

  function open(path: string, flags: string | number = 0): OpenFile {
    if (path === '/proc/thread-self') return new ProcessFolder(machine.nextInode(), process);
    if (path === '/dev/urandom') return new RandomDevice(machine.nextInode());
    const [, fd, file] = /^\/proc\/self\/fd\/(\d+)\/(\w+)$/.exec(path) ?? [];
    if (fd !== undefined)
      return new TextFile(machine.nextInode(), `${file} of a process`, procFile(Number(fd), file!));
    if (!files.at(path)) {
      if ((Number(flags) & constants.O_CREAT) === 0) throw new KernelError('ENOENT', 'open', path);
      files.make(path, { inode: machine.nextInode(), type: 'file', mode: 0o600 }, 'open');
    }
    return new TextFile(files.at(path)!.inode, path, '');
  }

  function procFile(fd: number, file: string): string {
    const folder = process.file(fd);
    if (!(folder instanceof ProcessFolder)) throw new KernelError('ENOTDIR', 'open');
    const { of } = folder;
    if (of.fate === 'gone') throw new KernelError('ESRCH', 'open');
    return file === 'stat' ? statOf(of) : schedstatOf(of);
  }

  function nodeAt(
    path: string,
    follow: boolean,
    call: string,
    { throwIfNoEntry = true }: Lookup,
  ): Node | undefined {
    const node = follow ? files.leadingTo(path) : files.at(path);
    if (node === undefined && throwIfNoEntry) throw new KernelError('ENOENT', call, path);
    return node;
  }

  function about(path: string, follow: boolean, call: string, lookup: Lookup = {}) {
    enter(call);
    if (path === '/proc/self/ns/net') return { ino: NETWORK };
    const node = nodeAt(path, follow, call, lookup);
    return (
      node && {
        ino: node.inode,
        uid: 0,
        mode: node.mode,
        mtimeMs: machine.wall,
        isDirectory: () => node.type === 'folder',
      }
    );
  }

  return {
    constants,
    openSync(path: string, flags?: string | number): number {
      enter('open');
      return process.open(open(path, flags), 'open');
    },
    closeSync(fd: number): void {
      enter('close');
      process.close(fd);
    },
    readSync(fd: number, out: ArrayBufferView): number {
      enter('read');
      const bytes = new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
      const file = process.file(fd);
      if (file instanceof RandomDevice) {
        chance.fill(bytes);
        return bytes.length;
      }
      if (!(file instanceof TextFile)) throw new KernelError('EBADF', 'read');
      const text = Buffer.from(file.text, 'latin1');
      bytes.set(text);
      return text.length;
    },
    readFileSync(path: string): string {
      enter('open');
      if (path === '/proc/thread-self/schedstat') return schedstatOf(process);
      throw new KernelError('ENOENT', 'open', path);
    },
    fstatSync(fd: number) {
      enter('fstat');
      const file = process.file(fd);
      if (file === undefined) throw new KernelError('EBADF', 'fstat');
      return {
        ino: file.inode,
        isDirectory: () => file instanceof ProcessFolder,
        isCharacterDevice: () => file instanceof RandomDevice,
        isSocket: () => file instanceof ChannelEnd,
        isFIFO: () => false,
        rdev: 0,
      };
    },
    statfsSync(path: string) {
      enter('statfs');
      const fd = Number(/^\/proc\/self\/fd\/(\d+)$/.exec(path)?.[1] ?? -1);
      return { type: process.file(fd) instanceof ProcessFolder ? PROC_SUPER_MAGIC : 0 };
    },
    existsSync(path: string): boolean {
      enter('stat');
      return path === '/proc/self/stat' || files.leadingTo(path) !== undefined;
    },
    statSync: (path: string, lookup?: Lookup) => about(path, true, 'stat', lookup),
    lstatSync: (path: string, lookup?: Lookup) => about(path, false, 'lstat', lookup),
    mkdirSync(path: string, { mode = 0o777 }: { readonly mode?: number } = {}): void {
      enter('mkdir');
      files.make(path, { inode: machine.nextInode(), type: 'folder', mode }, 'mkdir');
    },
    chmodSync(path: string, mode: number): void {
      enter('chmod');
      const node = files.at(path);
      if (node !== undefined) node.mode = mode;
    },
    renameSync(from: string, to: string): void {
      enter('rename');
      files.rename(from, to);
    },
    rmSync(path: string, { force = false }: { readonly force?: boolean } = {}): void {
      enter('unlink');
      if (!files.remove(path) && !force) throw new KernelError('ENOENT', 'unlink', path);
    },
    symlinkSync(target: string, path: string): void {
      enter('symlink');
      files.make(path, { inode: machine.nextInode(), type: 'link', mode: 0o777, target }, 'symlink');
    },
    readlinkSync(path: string): string {
      enter('readlink');
      return files.targetOf(path);
    },
    readdirSync(path: string): string[] {
      enter('readdir');
      return files.namesIn(path);
    },
    writeSync: (_fd: number, bytes: Uint8Array) => bytes.length,
    realpathSync: (path: string) => path,
    watch(): never {
      throw new KernelError('ENOENT' satisfies Errno, 'watch');
    },
  };
}

// ---------------------------------------------------------------------------------------------------------------------

/** As far as proc_pid_stat(5) is read: the state, five fields, the flags, four fields, processor time in ticks. */
function statOf(process: Process): string {
  const flags = process.fate === 'dying' ? PF_EXITING : 0;
  const ticks = Math.floor(process.ran / TICK);
  return `${process.pid} (node) ${process.state} 1 1 1 0 -1 ${flags} 0 0 0 0 ${ticks} 0 0 0`;
}

function schedstatOf({ ran, waited }: Process): string {
  return `${Math.round(ran * 1e6)} ${Math.round(waited * 1e6)} 1\n`;
}
