// wire — numbers and names of DNS as bytes, written down a second time: what judges an answer must not read it with the code
// that wrote it.

export function readUint16(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 256 + bytes[at + 1]!;
}

export function writeUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value & 255;
}

/**
 * `a.example` as labels with their lengths in front, spelled as it is (RFC 1035 section 3.1).
 * @throws RangeError when a label is empty or has more than 63 bytes
 */
export function nameFromText(text: string): Uint8Array {
  const labels = text === '' ? [] : text.replace(/\.$/, '').split('.');
  const wrong = labels.find((label) => label.length === 0 || label.length > 63);
  if (wrong !== undefined) throw new RangeError(`the label "${wrong}" of ${text} has ${wrong.length} bytes.`);
  return Uint8Array.from([...labels.flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')]), 0]);
}

/** As it goes over TCP, behind its length. */
export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(2 + message.length);
  writeUint16(frame, 0, message.length);
  frame.set(message, 2);
  return frame;
}
