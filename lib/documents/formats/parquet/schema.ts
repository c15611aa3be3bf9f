import type { ParquetWriter } from "hyparquet-writer";

type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]["schema"][number];

const string = { type: "BYTE_ARRAY", converted_type: "UTF8" } as const;

/** A column that every row has. */
const required = (name: string, type: Omit<SchemaElement, "name">): SchemaElement => ({
  ...type,
  name,
  repetition_type: "REQUIRED",
});

/** A column that may be null. */
const optional = (name: string, type: Omit<SchemaElement, "name">): SchemaElement => ({
  ...type,
  name,
  repetition_type: "OPTIONAL",
});

/** A list, in the three levels of the specification. @param element the type of its elements, `element` by name */
const listOf = (name: string, ...element: readonly SchemaElement[]): SchemaElement[] => [
  required(name, { converted_type: "LIST", logical_type: { type: "LIST" }, num_children: 1 }),
  { name: "list", repetition_type: "REPEATED", num_children: 1 },
  ...element,
];

/** The columns. */
export const schema: SchemaElement[] = [
  { name: "root", num_children: 3 },
  required("id", string),
  required("text", string),
  ...listOf(
    "entities",
    required("element", { num_children: 8 }),
    optional("id", string),
    required("type", string),
    required("text", string),
    required("start", { type: "INT32" }),
    required("end", { type: "INT32" }),
    optional("score", { type: "DOUBLE" }),
    ...listOf("identifiers", required("element", string)),
    ...listOf(
      "ranges",
      required("element", { num_children: 2 }),
      required("start", { type: "INT32" }),
      required("end", { type: "INT32" }),
    ),
  ),
];
