import { VanerError } from "../errors.js";

/**
 * Parses records one after the other. A malformed one is rejected and left out.
 * @param reject takes what `parse` throws; if it throws, reading ends
 */
export async function* parseRecords<Raw, Parsed>(
  records: AsyncIterable<Raw>,
  parse: (record: Raw) => Parsed,
  reject: (error: VanerError, record: Raw) => void,
): AsyncGenerator<Parsed, void, undefined> {
  for await (const record of records) {
    let parsed: Parsed;
    try {
      parsed = parse(record);
    } catch (error) {
      if (!(error instanceof VanerError)) throw error;
      reject(error, record);
      continue;
    }
    yield parsed;
  }
}
