// message — netlink's messages and the attributes in them, to bytes and back; what is read is checked strictly.
//
//   message     length 4 │ type 2 │ flags 2 │ sequence 4 │ port 4 │ payload …
//   attribute   length 2 │ type 2 │ value …                          both padded to a multiple of 4
//
// The frame is in host byte order, and so are the numbers in attributes, except netfilter's: those are in network order.

import { endianness } from 'node:os';

export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** In the kernel's messages to one socket: the id of that socket. */
  readonly port: number;
  readonly payload: Uint8Array;
}

/** A type and either bytes or the attributes within. */
export type Attribute = readonly [type: number, value: Uint8Array | readonly Attribute[]];

/** As read: only its type tells whether the value holds other attributes. */
export type ReadAttribute = readonly [type: number, value: Uint8Array];

export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
export const NLM_F_DUMP_INTR = 0x10;
export const NLM_F_DUMP = 0x300;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;

export const NLMSG_NOOP = 1;
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;

export function encodeMessage(message: NetlinkMessage): Uint8Array {
  const length = MESSAGE_HEADER + message.payload.length;
  const bytes = new Uint8Array(aligned(length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length, little);
  view.setUint16(4, message.type, little);
  view.setUint16(6, message.flags, little);
  view.setUint32(8, message.sequence, little);
  view.setUint32(12, message.port, little);
  bytes.set(message.payload, MESSAGE_HEADER);
  return bytes;
}

/** The messages of one datagram. @throws RangeError when the bytes are not exactly messages */
export function decodeMessages(bytes: Uint8Array): NetlinkMessage[] {
  const view = viewOf(bytes);
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = lengthAt(bytes, at, MESSAGE_HEADER, () => view.getUint32(at, little));
    messages.push({
      type: view.getUint16(at + 4, little),
      flags: view.getUint16(at + 6, little),
      sequence: view.getUint32(at + 8, little),
      port: view.getUint32(at + 12, little),
      payload: bytes.subarray(at + MESSAGE_HEADER, at + length),
    });
    at += aligned(length);
  }
  return messages;
}

/** @throws RangeError when a value is longer than the length field can say */
export function encodeAttributes(attributes: readonly Attribute[]): Uint8Array {
  return joinBytes(
    attributes.map(([type, value]) => {
      const nested = !(value instanceof Uint8Array);
      const inner = nested ? encodeAttributes(value) : value;
      const length = ATTRIBUTE_HEADER + inner.length;
      if (length > 0xffff)
        throw new RangeError(`netlink attribute ${type}: ${inner.length} bytes are too many`);
      const bytes = new Uint8Array(aligned(length));
      const view = new DataView(bytes.buffer);
      view.setUint16(0, length, little);
      view.setUint16(2, nested ? type | NESTED : type, little);
      bytes.set(inner, ATTRIBUTE_HEADER);
      return bytes;
    }),
  );
}

/** In their order. @throws RangeError when the bytes are not exactly attributes */
export function decodeAttributes(bytes: Uint8Array): ReadAttribute[] {
  const view = viewOf(bytes);
  const attributes: ReadAttribute[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = lengthAt(bytes, at, ATTRIBUTE_HEADER, () => view.getUint16(at, little));
    const type = view.getUint16(at + 2, little) & TYPE;
    attributes.push([type, bytes.subarray(at + ATTRIBUTE_HEADER, at + length)]);
    at += aligned(length);
  }
  return attributes;
}

/** The value of the first attribute of that type. */
export function attribute(attributes: readonly ReadAttribute[], type: number): Uint8Array | undefined {
  return attributes.find(([found]) => found === type)?.[1];
}

export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** With the NUL that the kernel expects. */
export function textBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(`${text}\0`));
}

/** Up to the first NUL, if there is one. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString();
}

export function networkUint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** @throws RangeError when it is not 4 bytes */
export function readNetworkUint32(bytes: Uint8Array): number {
  return fourBytes(bytes).getUint32(0);
}

export function hostUint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, little);
  return bytes;
}

/** @throws RangeError when it is not 4 bytes */
export function readHostUint32(bytes: Uint8Array): number {
  return fourBytes(bytes).getUint32(0, little);
}

// ---------------------------------------------------------------------------------------------------------------------

const little = endianness() === 'LE';

const MESSAGE_HEADER = 16;
const ATTRIBUTE_HEADER = 4;

const NESTED = 0x8000;
/** Without the two bits that say how to read the value. */
const TYPE = 0x3fff;

function aligned(length: number): number {
  return (length + 3) & ~3;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function fourBytes(bytes: Uint8Array): DataView {
  if (bytes.length !== 4) throw new RangeError(`a number of 4 bytes was expected, not of ${bytes.length}`);
  return viewOf(bytes);
}

/** The length field at `at`; it includes the header. The last item may lack its padding. */
function lengthAt(bytes: Uint8Array, at: number, header: number, field: () => number): number {
  const left = bytes.length - at;
  const length = left < header ? 0 : field();
  if (length >= header && length <= left) return length;
  throw new RangeError(`netlink bytes end in the middle of an item: ${left} are left at ${at}`);
}
