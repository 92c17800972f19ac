// on-command — the suite tells a fault module within an instance to do its work: over the IPC channel.

/** @param act is given the duration, in milliseconds */
export function onCommand(fault: string, act: (ms: number) => void): void {
  process.on('message', (message: { readonly fault?: string; readonly ms?: number }) => {
    if (message.fault === fault) act(message.ms ?? 0);
  });
}
