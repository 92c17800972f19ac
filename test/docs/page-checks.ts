// page-checks — what a page names is there: links, paths, metrics and flags. Pure functions, one sentence a problem.

import { existsSync } from 'node:fs';
import { join, normalize } from 'node:path/posix';
import { readText, repositoryFiles, root } from '../repository/files.ts';
import { type Page, pageOf, proseOf, spansOf } from './pages.ts';

/** Links and pictures within the repository lead to a file or folder, and to a heading where they name one. */
export function linkProblems(page: Page): string[] {
  return linksOf(page).flatMap(({ path, heading }) => {
    if (!existsSync(join(root, path))) return [`${page.path} links to ${path}, which is not there`];
    if (heading === '' || !path.endsWith('.md')) return [];
    return headingsOf(readText(path)).includes(heading) ? [] : [`${path} has no heading #${heading}`];
  });
}

/** Where the links of a page lead, as paths from the root; those to other sites are left out. */
export function linksOf({ path, folder, text }: Page): { readonly path: string; readonly heading: string }[] {
  const targets = proseOf({ text }).matchAll(/\]\(([^)\s]+)\)|\b(?:src|srcset|href)="([^"]+)"/g);
  return [...targets].flatMap(([, inText, inMarkup]) => {
    const [target = '', heading = ''] = (inText ?? inMarkup!).split('#');
    if (/^[a-z]+:/.test(target)) return [];
    return [{ path: target === '' ? path : normalize(join(folder, target)), heading }];
  });
}

const sources = /\.(ts|mjs|js|c|h|yaml|md|svg)$/;
const folders = [...new Set(repositoryFiles().flatMap((path) => path.split('/').slice(0, -1)[0] ?? []))];

/** Spans that look like a path of ours are one, seen from the root or from the page. */
export function pathProblems(page: Page): string[] {
  return spansOf(page)
    .filter((span) => /^[\w.-]+(\/[\w.-]+)*\/?$/.test(span))
    .filter((span) => sources.test(span) || folders.some((folder) => span.startsWith(`${folder}/`)))
    .filter((span) => ![span, join(page.folder, span)].some((path) => existsSync(join(root, path))))
    .map((span) => `${page.path} names ${span}, which is not there`);
}

/** @param known names of metrics, without the endings of a histogram's series */
export function metricProblems({ path, text }: Page, known: readonly string[]): string[] {
  const named = text.match(/\b(coredns|twindns)_[a-z_]+[a-z]\b/g) ?? [];
  return named
    .filter((metric) => !known.includes(metric.replace(/_(bucket|sum|count)$/, '')))
    .map((metric) => `${path} names ${metric}, which no instance shows`);
}

/** Where each of our command lines has its flags. */
const tables = [
  'src/options/option-table.ts',
  'src/cli.ts',
  'chaos/command-text.ts',
  'ha/node/command-text.ts',
  'src/preflight/command-text.ts',
  'src/check/command-text.ts',
  'src/control/command-text.ts',
  'src/top/command-text.ts',
  'src/diagnose/command-text.ts',
  'test/bench/options.ts',
  'test/fuzz/options.ts',
  'test/simulation/options.ts',
  'test/arm64/options.ts',
  'test/system/soak.ts',
  'test/system/differential.ts',
];
const flagSources = tables.map(readText).join('\n');
/** Flags of other programs that pages speak of. */
const foreign = ['--cascade', '--ignore-scripts', '--platform', '--test-concurrency', '--tag'];

export function flagProblems(page: Page): string[] {
  const named = spansOf(page).flatMap((span) => span.match(/(?<![\w-])--[a-z][a-z-]*/g) ?? []);
  const isKnown = (flag: string) => {
    const name = flag.slice(2).replace(/^no-/, '');
    return (
      flagSources.includes(flag) || flagSources.includes(`'${name}'`) || flagSources.includes(` ${name}: {`)
    );
  };
  return named
    .filter((flag) => !isKnown(flag) && !foreign.includes(flag))
    .map((flag) => `${page.path} names ${flag}, which no command of ours takes`);
}

/** As GitHub makes them. */
export function headingsOf(text: string): string[] {
  return [...proseOf(pageOf('a.md', text)).matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
