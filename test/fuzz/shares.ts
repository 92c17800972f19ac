// shares — a turn for each of many that share a time: what one takes too long for, the others have less of, and none is left out.

/**
 * @param run is given the seconds of its turn; what it takes beyond them counts, too
 * @param now milliseconds
 * @returns what came of each, in their order; of fewer when `isStopped` said so between two turns
 */
export async function inShares<Result>(
  names: readonly string[],
  seconds: number,
  run: (name: string, seconds: number) => Promise<Result>,
  isStopped: () => boolean = () => false,
  now: () => number = () => performance.now(),
): Promise<Result[]> {
  const end = now() + seconds * 1000;
  const results: Result[] = [];
  let overhead = 0;
  for (const [i, name] of names.entries()) {
    if (isStopped()) break;
    const begun = now();
    // What the turn before took beyond its time, such as the making of a corpus, this one will take, too.
    const share = Math.max(SHORTEST, (end - begun) / (names.length - i) / 1000 - overhead);
    results.push(await run(name, share));
    overhead = Math.max(0, (now() - begun) / 1000 - share);
  }
  return results;
}

/** Seconds of a turn when the time is over. */
const SHORTEST = 1;
