// files — paths: folders, links, sockets with a name, and files that are there to be locked.

import { type Errno, KernelError } from './errno.ts';
import type { OpenFile } from './open-file.ts';

export interface Node {
  readonly inode: number;
  readonly type: 'folder' | 'link' | 'socket' | 'file';
  mode: number;
  /** Of a link: where it leads, from its folder. */
  readonly target?: string;
  /** Of a socket. */
  readonly listener?: OpenFile;
}

export class Files {
  readonly #nodes = new Map<string, Node>();
  /** Which opening has the lock of a file, by its inode. */
  readonly #locks = new Map<number, OpenFile>();

  at(path: string): Node | undefined {
    return this.#nodes.get(path);
  }

  /** Behind links. */
  leadingTo(path: string): Node | undefined {
    const node = this.#nodes.get(path);
    if (node?.target === undefined) return node;
    return this.leadingTo(`${path.slice(0, path.lastIndexOf('/'))}/${node.target}`);
  }

  make(path: string, node: Node, syscall: string): void {
    if (this.#nodes.has(path))
      throw new KernelError(node.type === 'socket' ? 'EADDRINUSE' : 'EEXIST', syscall, path);
    this.#nodes.set(path, node);
  }

  rename(from: string, to: string): void {
    const node = this.#find(from, 'rename');
    this.#nodes.delete(from);
    this.#nodes.set(to, node);
  }

  remove(path: string): boolean {
    return this.#nodes.delete(path);
  }

  namesIn(folder: string): string[] {
    const start = `${folder}/`;
    return [...this.#nodes.keys()]
      .filter((path) => path.startsWith(start) && !path.slice(start.length).includes('/'))
      .map((path) => path.slice(start.length));
  }

  targetOf(path: string): string {
    const { target } = this.#find(path, 'readlink');
    if (target === undefined) throw new KernelError('EINVAL', 'readlink', path);
    return target;
  }

  /** @returns whether the opening has the lock now */
  lock(inode: number, opening: OpenFile): boolean {
    const holder = this.#locks.get(inode);
    if (holder !== undefined && holder !== opening && holder.isOpen) return false;
    this.#locks.set(inode, opening);
    return true;
  }

  #find(path: string, syscall: string, code: Errno = 'ENOENT'): Node {
    const node = this.#nodes.get(path);
    if (node === undefined) throw new KernelError(code, syscall, path);
    return node;
  }
}
