import { expect, test } from "@jest/globals";
import type { Document } from "../../lib/documents/document.js";
import { isResultOf } from "../../lib/queue/batches.js";

const documents: Document[] = [{ id: "1", passages: [{ type: "", text: "gout", annotations: [] }] }];
const found = (annotation: unknown) => [{ found: [[annotation]] }];

test.each([
  ["nothing found", [{ found: [[]] }]],
  ["a mention", found({ type: "Disease", ranges: [{ start: 0, end: 4 }], score: 0.5 })],
  ["a failure", [{ code: "ERR_VANER_DOCUMENT", message: "bad" }]],
])("is a result: %s", (_name, result) => {
  expect(isResultOf(documents, result)).toBe(true);
});

test.each([
  null,
  undefined,
  "text",
  {},
  [],
  [null],
  [{}],
  [{ code: 1, message: "bad" }],
  [{ found: null }],
  [{ found: [] }],
  [{ found: [null] }],
  [{ found: [[]] }, { found: [[]] }],
  found(null),
  found({ type: 1, ranges: [{ start: 0, end: 4 }] }),
  found({ type: "Disease" }),
  found({ type: "Disease", ranges: [] }),
  found({ type: "Disease", ranges: [null] }),
  found({ type: "Disease", ranges: [{ start: 0, end: 5 }] }),
  found({ type: "Disease", ranges: [{ start: "0", end: 4 }] }),
])("is no result: %j", (result) => {
  expect(isResultOf(documents, result)).toBe(false);
});
