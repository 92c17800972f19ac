// must — what a target says when something is not as it must be.

/** @throws with the sentence unless the condition holds */
export function must(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new Error(`must: ${sentence}`);
}

/** Whether `run` ends, or throws one of what it says that it throws. */
export function orThrows<T>(
  run: () => T,
  ...kinds: readonly (new (
    ...args: never[]
  ) => Error)[]
): T | undefined {
  try {
    return run();
  } catch (error) {
    if (kinds.some((kind) => error instanceof kind)) return undefined;
    throw error;
  }
}
