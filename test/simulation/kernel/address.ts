// address — an IPv4 address and a port, as text and as the kernel stores them.

export interface Address {
  readonly address: string;
  readonly port: number;
}

/** Bytes of a stored sockaddr, and of them those of IPv4. */
export const ADDRESS_BYTES = 28;
export const IPV4_BYTES = 16;

const AF_INET = 2;

export function textOf({ address, port }: Address): string {
  return `${address}:${port}`;
}

export function isSame(one: Address, other: Address): boolean {
  return one.port === other.port && one.address === other.address;
}

export function storeAddress(bytes: Uint8Array, at: number, { address, port }: Address): void {
  bytes.fill(0, at, at + ADDRESS_BYTES);
  bytes[at] = AF_INET;
  bytes[at + 2] = port >> 8;
  bytes[at + 3] = port & 0xff;
  address.split('.').forEach((part, i) => {
    bytes[at + 4 + i] = Number(part);
  });
}

/** Undefined for what is no stored sockaddr of IPv4. */
export function loadAddress(bytes: Uint8Array, at: number): Address | undefined {
  if ((bytes[at]! | (bytes[at + 1]! << 8)) !== AF_INET) return undefined;
  return {
    address: `${bytes[at + 4]}.${bytes[at + 5]}.${bytes[at + 6]}.${bytes[at + 7]}`,
    port: (bytes[at + 2]! << 8) | bytes[at + 3]!,
  };
}
