// png — reads the pixels of a screenshot: 8 bits a channel, with or without alpha, not interlaced, as Chromium writes it.

import assert from 'node:assert/strict';
import { inflateSync } from 'node:zlib';

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly pixels: Uint8Array;
}

export function decodePng(file: Buffer): Picture {
  assert.equal(file.toString('latin1', 1, 4), 'PNG');
  const parts: Buffer[] = [];
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at);
    if (file.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(file.subarray(at + 8, at + 8 + length));
    at += length + 12; // length, type and checksum are 4 bytes each
  }
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)];
  const [depth, colour, , , interlaced] = file.subarray(24, 29);
  assert.ok(depth === 8 && (colour === 2 || colour === 6) && interlaced === 0, 'another kind of PNG');
  const channels = colour === 2 ? 3 : 4;
  const raw = inflateSync(Buffer.concat(parts));
  return { width, height, channels, pixels: unfilter(raw, width * channels, channels) };
}

/** How many pixels are like that. */
export function countPixels(
  { pixels, channels }: Picture,
  like: (red: number, green: number, blue: number) => boolean,
): number {
  let found = 0;
  for (let i = 0; i < pixels.length; i += channels) {
    if (like(pixels[i]!, pixels[i + 1]!, pixels[i + 2]!)) found++;
  }
  return found;
}

// ---------------------------------------------------------------------------------------------------------------------

/** Each line begins with the filter it was written with (PNG specification, section 9). */
function unfilter(raw: Buffer, stride: number, channels: number): Uint8Array {
  const pixels = new Uint8Array((raw.length / (stride + 1)) * stride);
  for (let from = 0, to = 0; from < raw.length; from += stride + 1, to += stride) {
    const filter = raw[from];
    for (let i = 0; i < stride; i++) {
      const left = i < channels ? 0 : pixels[to + i - channels]!;
      const up = to === 0 ? 0 : pixels[to + i - stride]!;
      const corner = i < channels || to === 0 ? 0 : pixels[to + i - channels - stride]!;
      pixels[to + i] = raw[from + 1 + i]! + predicted(filter, left, up, corner);
    }
  }
  return pixels;
}

function predicted(filter: number | undefined, left: number, up: number, corner: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}
