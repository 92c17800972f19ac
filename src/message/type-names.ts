// type-names — record types and classes between their numbers and their names (IANA's registry; RFC 3597 section 5 for the rest).

const numbers: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  MD: 3,
  MF: 4,
  CNAME: 5,
  SOA: 6,
  MB: 7,
  MG: 8,
  MR: 9,
  NULL: 10,
  PTR: 12,
  HINFO: 13,
  MINFO: 14,
  MX: 15,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  X25: 19,
  ISDN: 20,
  RT: 21,
  SIG: 24,
  KEY: 25,
  PX: 26,
  GPOS: 27,
  AAAA: 28,
  LOC: 29,
  NXT: 30,
  EID: 31,
  NIMLOC: 32,
  SRV: 33,
  ATMA: 34,
  NAPTR: 35,
  KX: 36,
  CERT: 37,
  DNAME: 39,
  OPT: 41,
  APL: 42,
  DS: 43,
  SSHFP: 44,
  IPSECKEY: 45,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  DHCID: 49,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SMIMEA: 53,
  HIP: 55,
  NINFO: 56,
  RKEY: 57,
  TALINK: 58,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  CSYNC: 62,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  UINFO: 100,
  UID: 101,
  GID: 102,
  UNSPEC: 103,
  NID: 104,
  L32: 105,
  L64: 106,
  LP: 107,
  EUI48: 108,
  EUI64: 109,
  NXNAME: 128,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
  URI: 256,
  CAA: 257,
  AVC: 258,
  AMTRELAY: 260,
  TA: 32768,
  DLV: 32769,
};

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(numbers).map(([name, number]) => [number, name]),
);

const classNames: Readonly<Record<number, string>> = { 1: 'IN', 3: 'CH', 4: 'HS', 254: 'NONE', 255: 'ANY' };

/** In upper case, as a Corefile writes them. */
export const classNumbers: ReadonlyMap<string, number> = new Map(
  Object.entries(classNames).map(([number, name]) => [name, Number(number)]),
);

/** In upper case, as a Corefile writes them. */
export const typeNames: readonly string[] = Object.keys(numbers);

/** Undefined where no type has that name; upper case alone. */
export function typeNumber(name: string): number | undefined {
  if (Object.hasOwn(numbers, name)) return numbers[name];
  const digits = name.match(/^TYPE(\d{1,5})$/)?.[1];
  return digits !== undefined && Number(digits) <= 0xffff ? Number(digits) : undefined;
}

export function typeName(type: number): string {
  return names.get(type) ?? `TYPE${type}`;
}

export function className(cls: number): string {
  return classNames[cls] ?? `CLASS${cls}`;
}

/** Undefined where no class has that name; upper case alone. */
export function classNumber(name: string): number | undefined {
  const digits = name.match(/^CLASS(\d{1,5})$/)?.[1];
  return (
    classNumbers.get(name) ?? (digits !== undefined && Number(digits) <= 0xffff ? Number(digits) : undefined)
  );
}
