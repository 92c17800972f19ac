// alarm — rings once after some milliseconds: of real time, or of that of a test.

/** Rings in so many milliseconds, unless what it returns is called before. */
export type SetAlarm = (ring: () => void, ms: number) => () => void;

export const setRealAlarm: SetAlarm = (ring, ms) => {
  const timer = setTimeout(ring, ms);
  return () => clearTimeout(timer);
};
