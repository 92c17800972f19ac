// on-command — how a fault module within an instance is told by the suite to do its work: over the IPC channel.

/** @param act is told for how long, in milliseconds */
export function onCommand(fault: string, act: (ms: number) => void): void {
  process.on('message', (message: { readonly fault?: string; readonly ms?: number }) => {
    if (message.fault === fault) act(message.ms ?? 0);
  });
}
