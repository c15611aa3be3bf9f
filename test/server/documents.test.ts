import { gzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import { start } from "./support.js";

const pubtator = "1|t|A boil.\n1|a|And a bad illness.\n\n";
const annotated =
  "1|t|A boil.\n1|a|And a bad illness.\n1\t2\t6\tboil\tDisease\t\n1\t14\t25\tbad illness\tDisease\t\n\n";

async function ask(query: string, body: string | Uint8Array, contentType = "text/plain") {
  const { url } = await start();
  const headers = { "content-type": contentType };
  return fetch(`${url}/v1/documents?${query}`, { method: "POST", headers, body });
}

describe("POST /v1/documents", () => {
  test.each([
    ["as text", pubtator, "text/plain"],
    ["as JSON by its name", pubtator, "application/json"],
    ["compressed", gzipSync(pubtator), "application/octet-stream"],
  ])("annotates documents, sent %s", async (_name, body, type) => {
    const response = await ask("types=Disease", body, type);
    expect(await response.text()).toBe(annotated);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="documents.pubtator"');
  });

  test("annotates what has no Content-Type", async () => {
    const { url } = await start();
    const body = new Blob([pubtator]);
    const response = await fetch(`${url}/v1/documents?types=Disease`, { method: "POST", body });
    expect(await response.text()).toBe(annotated);
  });

  test("refuses half of a surrogate pair that the format cannot hold", async () => {
    const response = await ask("annotate=false&to=csv", '{"id":"1","text":"\\ud83d"}\n');
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: "ERR_VANER_DOCUMENT" });
  });

  test("writes another format", async () => {
    const response = await ask("types=Disease&to=jsonl", pubtator);
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    expect(JSON.parse(await response.text())).toMatchObject({
      id: "1",
      entities: [{ type: "Disease", text: "boil" }, { text: "bad illness" }],
    });
  });

  test("writes pictures", async () => {
    const response = await ask("types=Disease&from=text&to=html", "A <b>boil</b>.");
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(response.headers.get("content-disposition")).toMatch(/^attachment/); // never a page of this origin
    expect(await response.text()).not.toMatch(/<b>/);
  });

  test("converts without a model", async () => {
    const response = await ask("annotate=false&to=pubtator&from=jsonl", '{"id":"1","text":"A boil."}\n');
    expect(await response.text()).toBe("1|t|\n1|a|A boil.\n\n");
  });

  test("takes nothing for no documents", async () => {
    const response = await ask("from=jsonl", "");
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  test.each([
    [422, "DOCUMENT", "", "1|t|A boil.\n1\t2\t9\tboil\tDisease\n", /^the body:/],
    [422, "DOCUMENT", "from=jsonl", '{"id":"1","text":"a"}\n{', /^the body:2:/],
    [422, "DOCUMENT", "", new Uint8Array([0xff, 0x41]), /^the body:1: this is not UTF-8 text\./],
    [422, "DOCUMENT", "", gzipSync(pubtator).subarray(0, 20), /^the body: the compressed data are damaged/],
    [400, "INVALID_ARGUMENT", "to=pubtater", "a", /Did you mean "pubtator"\?/],
    [400, "INVALID_ARGUMENT", "from=html", "a", /`from` must be one of .*, not "html"\./],
    [400, "INVALID_ARGUMENT", "to=jats", "a", /`to` must be one of .*, not "jats"\./],
    [400, "INVALID_ARGUMENT", "encoding=none", "a", /The encoding "none" is not known\./],
    [400, "INVALID_ARGUMENT", "annotate=no", "a", /`annotate` must be one of "true", "false", not "no"\./],
    [400, "INVALID_ARGUMENT", "type=Disease", "a", /no field "type"\. Did you mean "types"\?/],
    [422, "UNKNOWN_TYPE", "types=Disease,Gen", "a", /Gen/],
    [413, "LIMIT", "from=lines", "a\n".repeat(1025), /^A request may have 1024 texts\./],
    [413, "LIMIT", "from=text", "a".repeat(1_000_001), /^Document "stdin" has 1000001 characters/],
    [
      413,
      "LIMIT",
      "from=text",
      gzipSync(Buffer.alloc(17 << 20, " ")),
      /^The body, or what it decompresses to, has more/,
    ],
    [413, "LIMIT", "", Buffer.alloc(17 << 20, "\n"), /^The body, or what it decompresses to, has more/],
  ])("is %i %s: %s", async (status, code, query, body, detail) => {
    const response = await ask(query, body as string | Uint8Array);
    expect(await response.json()).toMatchObject({
      status,
      code: `ERR_VANER_${code}`,
      detail: expect.stringMatching(detail),
    });
  });
});
