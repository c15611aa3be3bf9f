/** Of the formats that have one of their own. */
const mediaTypes: Readonly<Record<string, string>> = {
  "bioc-json": "application/json",
  "bioc-xml": "application/xml",
  csv: "text/csv; charset=utf-8",
  displacy: "application/json",
  hf: "application/json",
  html: "text/html; charset=utf-8",
  jats: "application/xml",
  jsonl: "application/x-ndjson",
  medline: "application/xml",
  parquet: "application/vnd.apache.parquet",
  svg: "image/svg+xml",
  tsv: "text/tab-separated-values; charset=utf-8",
};

/** The media type of a document format. */
export function mediaTypeOf(format: string): string {
  return mediaTypes[format] ?? "text/plain; charset=utf-8";
}
