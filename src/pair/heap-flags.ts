// heap-flags — how V8 is told to stay small; the first line of main.ts says the same to whoever starts it as a program.
//
// What a resolver allocates dies within its batch or lives for minutes: a larger nursery, which V8 grows to 48 MiB under
// load, would hold nothing but garbage. One helper thread suffices where one core is served.

export const heapFlags = ['--max-semi-space-size=1', '--v8-pool-size=1'] as const;
