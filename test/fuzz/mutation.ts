// mutation — makes a new input of an old one: a few small changes, as a fuzzer has always made them.

import type { Random } from './random.ts';

/** Where counts and lengths turn over. */
const edges = [0, 1, 2, 3, 4, 11, 12, 63, 64, 127, 128, 192, 193, 254, 255];
const wideEdges = [0, 1, 12, 63, 255, 256, 511, 512, 1232, 4096, 0x7fff, 0x8000, 0xc00c, 0xfffe, 0xffff];
const longEdges = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_fff0, 0x1_0000];

type Change = (bytes: Buffer, random: Random, others: Others) => Buffer;

export interface Others {
  /** Another input. */
  readonly input: Buffer;
  /** What the code compares with, as bytes. */
  readonly words: readonly Buffer[];
}

/** @param most bytes of the result */
export function mutated(input: Buffer, random: Random, others: Others, most: number): Buffer {
  let bytes: Buffer = Buffer.from(input);
  for (let changes = 1 << random.below(4); changes > 0; changes--) {
    bytes = random.of(changesToMake)(bytes, random, others);
  }
  return bytes.length > most ? bytes.subarray(0, most) : bytes;
}

/** Words of a dictionary: texts as they are, numbers in all widths and orders. */
export function wordsOf(literals: readonly (number | string)[]): Buffer[] {
  return literals.flatMap((literal) => {
    if (typeof literal === 'string') {
      const text = Buffer.from(literal);
      return text.length > 0 && text.length <= 40 ? [text] : [];
    }
    if (!Number.isSafeInteger(literal) || literal < 0 || literal > 0xffff_ffff) return [];
    if (literal <= 0xff) return [Buffer.of(literal), Buffer.of(0, literal)];
    const long = Buffer.alloc(4);
    long.writeUInt32BE(literal);
    const big = literal <= 0xffff ? long.subarray(2) : long;
    return [big, Buffer.from(big).reverse()];
  });
}

// ---------------------------------------------------------------------------------------------------------------------

const changesToMake: readonly Change[] = [
  flipBit,
  flipBit,
  setByte,
  setByte,
  addToByte,
  setWide,
  addToWide,
  setLong,
  remove,
  remove,
  repeat,
  insertNoise,
  insertWord,
  overwriteByWord,
  overwriteByWord,
  moveStretch,
  takeFromOther,
  crossOver,
];

function flipBit(bytes: Buffer, random: Random): Buffer {
  if (bytes.length > 0) bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
  return bytes;
}

function setByte(bytes: Buffer, random: Random): Buffer {
  if (bytes.length > 0)
    bytes[random.below(bytes.length)] = random.below(2) === 0 ? random.of(edges) : random.below(256);
  return bytes;
}

function addToByte(bytes: Buffer, random: Random): Buffer {
  if (bytes.length > 0) bytes[random.below(bytes.length)]! += random.below(33) - 16;
  return bytes;
}

function setWide(bytes: Buffer, random: Random): Buffer {
  if (bytes.length < 2) return bytes;
  const at = random.below(bytes.length - 1);
  const value = random.below(3) === 0 ? bytes.length - at - 2 : random.of(wideEdges);
  if (random.below(2) === 0) bytes.writeUInt16BE(value & 0xffff, at);
  else bytes.writeUInt16LE(value & 0xffff, at);
  return bytes;
}

function addToWide(bytes: Buffer, random: Random): Buffer {
  if (bytes.length < 2) return bytes;
  const at = random.below(bytes.length - 1);
  const more = random.below(65) - 32;
  if (random.below(2) === 0) bytes.writeUInt16BE((bytes.readUInt16BE(at) + more) & 0xffff, at);
  else bytes.writeUInt16LE((bytes.readUInt16LE(at) + more) & 0xffff, at);
  return bytes;
}

function setLong(bytes: Buffer, random: Random): Buffer {
  if (bytes.length < 4) return bytes;
  const at = random.below(bytes.length - 3);
  const value = random.below(3) === 0 ? bytes.length - at : random.of(longEdges);
  if (random.below(2) === 0) bytes.writeUInt32BE(value, at);
  else bytes.writeUInt32LE(value, at);
  return bytes;
}

function remove(bytes: Buffer, random: Random): Buffer {
  const { at, length } = stretch(bytes, random);
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
}

function repeat(bytes: Buffer, random: Random): Buffer {
  const { at, length } = stretch(bytes, random);
  const times = random.below(8) === 0 ? 1 + random.below(64) : 1;
  const part = bytes.subarray(at, at + length);
  return Buffer.concat([
    bytes.subarray(0, at),
    ...Array.from({ length: times }, () => part),
    bytes.subarray(at),
  ]);
}

function insertNoise(bytes: Buffer, random: Random): Buffer {
  const noise = Buffer.from(Array.from({ length: 1 + random.below(8) }, () => random.below(256)));
  return inserted(bytes, random.below(bytes.length + 1), noise);
}

function insertWord(bytes: Buffer, random: Random, { words }: Others): Buffer {
  return words.length === 0 ? bytes : inserted(bytes, random.below(bytes.length + 1), random.of(words));
}

function overwriteByWord(bytes: Buffer, random: Random, { words }: Others): Buffer {
  if (words.length > 0) random.of(words).copy(bytes, random.below(bytes.length + 1));
  return bytes;
}

function moveStretch(bytes: Buffer, random: Random): Buffer {
  const { at, length } = stretch(bytes, random);
  if (bytes.length > 0) bytes.copyWithin(random.below(bytes.length), at, at + length);
  return bytes;
}

function takeFromOther(bytes: Buffer, random: Random, { input }: Others): Buffer {
  const { at, length } = stretch(input, random);
  const part = input.subarray(at, at + length);
  if (random.below(2) === 0) return inserted(bytes, random.below(bytes.length + 1), part);
  part.copy(bytes, random.below(bytes.length + 1));
  return bytes;
}

function crossOver(bytes: Buffer, random: Random, { input }: Others): Buffer {
  const to = random.below(bytes.length + 1);
  const from = random.below(3) === 0 ? random.below(input.length + 1) : Math.min(to, input.length);
  return Buffer.concat([bytes.subarray(0, to), input.subarray(from)]);
}

function inserted(bytes: Buffer, at: number, part: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
}

/** Mostly a short one. */
function stretch(bytes: Buffer, random: Random): { at: number; length: number } {
  const most = random.below(4) === 0 ? bytes.length : Math.min(16, bytes.length);
  const length = most === 0 ? 0 : 1 + random.below(most);
  return { at: random.below(bytes.length - length + 1), length };
}
