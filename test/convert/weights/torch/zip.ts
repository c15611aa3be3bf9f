/** An entry to write, with options to write wrong values. */
export interface ZipEntry {
  readonly name: string;
  readonly data?: Uint8Array | string;
  /** 0 = stored. */
  readonly method?: number;
  /** Bit 0 = encrypted. */
  readonly flags?: number;
  /** Values in the central directory. Default: the true ones. */
  readonly listedName?: string;
  readonly listedSize?: number;
  readonly listedOffset?: number;
}

export interface ZipOptions {
  /** Whether sizes and offsets are in zip64 extra fields. */
  readonly zip64?: boolean;
  /** Entry count in the end record. Default: the true one. */
  readonly count?: number;
  /** Directory offset in the end record. Default: the true one. */
  readonly directory?: bigint;
}

const u16 = (value: number) => Buffer.from([value & 255, (value >> 8) & 255]);
const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
const u64 = (value: number | bigint) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);

/** The bytes of a zip file. Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3. */
export function zip(entries: readonly ZipEntry[], options: ZipOptions = {}): Buffer {
  const { zip64 = false } = options;
  const body: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { name, method = 0, flags = 0, listedName = name, listedOffset = offset } = entry;
    const data = Buffer.from(entry.data ?? "");
    const { listedSize = data.length } = entry;
    const common = Buffer.concat([u16(45), u16(flags), u16(method), u32(0), u32(0)]);
    const sizes = Buffer.concat([u32(data.length), u32(data.length), u16(Buffer.byteLength(name)), u16(0)]);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, sizes, Buffer.from(name), data]);
    body.push(local);

    const extra = zip64
      ? Buffer.concat([u16(1), u16(24), u64(listedSize), u64(listedSize), u64(listedOffset)])
      : Buffer.alloc(0);
    const narrow = (value: number) => u32(zip64 ? 0xffffffff : value);
    directory.push(Buffer.from("PK\x01\x02"), u16(45), common, narrow(listedSize), narrow(listedSize));
    directory.push(u16(Buffer.byteLength(listedName)), u16(extra.length), u16(0), u16(0), u16(0), u32(0));
    directory.push(narrow(listedOffset), Buffer.from(listedName), extra);
    offset += local.length;
  }

  const listing = Buffer.concat(directory);
  const { count = entries.length, directory: start = BigInt(offset) } = options;
  const parts = [...body, listing];
  if (zip64) {
    parts.push(Buffer.from("PK\x06\x06"), u64(44), u16(45), u16(45), u32(0), u32(0));
    parts.push(u64(count), u64(count), u64(listing.length), u64(start));
    parts.push(Buffer.from("PK\x06\x07"), u32(0), u64(offset + listing.length), u32(1));
  }
  const short = zip64 ? 0xffff : count;
  const begin = zip64 ? 0xffffffff : Number(start & 0xffffffffn);
  parts.push(Buffer.from("PK\x05\x06"), u16(0), u16(0), u16(short), u16(short));
  parts.push(u32(listing.length), u32(begin), u16(0));
  return Buffer.concat(parts);
}
