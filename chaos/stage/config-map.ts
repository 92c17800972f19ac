// config-map — a directory as Kubernetes mounts a ConfigMap: what is read is a link into `..data`, which is replaced as a whole.

import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';

export class ConfigMap {
  readonly folder: string;
  #version = 0;

  /** @param folder is made */
  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder);
    for (const name of ['Corefile', 'hosts', 'ca.pem']) symlinkSync(`..data/${name}`, `${folder}/${name}`);
  }

  /** Where its Corefile is read. */
  get corefile(): string {
    return `${this.folder}/Corefile`;
  }

  /** @param files by their names; undefined: a directory is in the place of the file */
  put(files: Readonly<Record<string, string | undefined>>): void {
    const before = `${this.folder}/..${this.#version++}`;
    const now = `..${this.#version}`;
    mkdirSync(`${this.folder}/${now}`);
    for (const [name, text] of Object.entries(files)) {
      const path = `${this.folder}/${now}/${name}`;
      if (text === undefined) mkdirSync(path);
      else writeFileSync(path, text);
    }
    symlinkSync(now, `${this.folder}/..data_tmp`);
    renameSync(`${this.folder}/..data_tmp`, `${this.folder}/..data`);
    rmSync(before, { recursive: true, force: true });
  }
}
