// packages — rules for package.json and its lock file, as pure functions of their text.

/** What is loaded at run time; each more is one more thing to trust on every node. */
export const runtimePackages = [
  'commander',
  'dns-packet',
  'lru-cache',
  'node-reuseport',
  'prom-client',
  're2js',
] as const;

type Versions = Readonly<Record<string, string>>;

/** The dependencies are those agreed on, and each is one exact version. */
export function packageProblems(text: string): string[] {
  const {
    dependencies = {},
    devDependencies = {},
    optionalDependencies = {},
    peerDependencies = {},
  } = JSON.parse(text) as Readonly<Record<string, Versions | undefined>>;
  const found = Object.keys(dependencies);
  return [
    ...found
      .filter((name) => !runtimePackages.some((known) => known === name))
      .map((name) => `extra ${name}`),
    ...runtimePackages.filter((name) => !found.includes(name)).map((name) => `missing ${name}`),
    ...Object.keys({ ...optionalDependencies, ...peerDependencies }).map((name) => `extra ${name}`),
    ...Object.entries({ ...dependencies, ...devDependencies })
      .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
      .map(([name, version]) => `${name} is ${version}, not one exact version`),
  ];
}

/** Where packages come from is for the registry settings of whoever installs; what they contain is for the lock file. */
export function lockProblems(text: string): string[] {
  const { packages } = JSON.parse(text) as {
    readonly packages: Readonly<Record<string, { resolved?: string; integrity?: string; link?: boolean }>>;
  };
  return Object.entries(packages).flatMap(([path, { resolved, integrity, link }]) => {
    const foreign = path.startsWith('node_modules/') && link !== true;
    return [
      ...(resolved?.includes(':') ? [`${path} has an address: ${resolved}`] : []),
      ...(foreign && integrity === undefined ? [`${path} has no digest`] : []),
    ];
  });
}
