// parent — the IPC channel to the process that started us, if it gave us one: `twindns pair` and `npm start` do.
//
// The kernel closes it when the parent dies, however it dies, so no instance outlives its supervisor.

/** Calls back once when the parent is gone; never if there was no channel. */
export function onParentGone(callback: () => void): void {
  if (process.channel == null) return;
  process.once('disconnect', callback);
  process.channel.unref(); // the channel is no reason to stay
}

/** Tells the parent that we serve. */
export function tellParent(message: ParentMessage): void {
  if (process.connected) process.send?.(message, undefined, {}, () => {}); // gone meanwhile: see onParentGone
}

export type ParentMessage = 'listening';
