import { InferenceClient } from "@huggingface/inference";
import { describe, expect, test } from "@jest/globals";
import { certainty } from "../support/fake-model.js";
import { closeGate, start, until } from "./support.js";

const inputs = "😀 A bad illness.";
const onlyDisease = { rule: (piece: string, seen: string) => tagOf(piece, seen) };

function tagOf(piece: string, seen: string): string {
  if (!seen.startsWith("Disease>")) return "O";
  return { bad: "B", illn: "I", ess: "I" }[piece] ?? "O";
}

describe("@huggingface/inference", () => {
  test("reads the answers", async () => {
    const { url } = await start({}, onlyDisease);
    const client = new InferenceClient().endpoint(url);
    expect(await client.tokenClassification({ inputs })).toEqual([
      {
        entity_group: "Disease",
        entity: "Disease",
        score: certainty,
        word: "bad illness",
        start: 4,
        end: 15,
      },
    ]);
    const parameters = { aggregation_strategy: "none" as const, ignore_labels: ["O"], stride: 0 };
    expect(await client.tokenClassification({ inputs, parameters })).toEqual([
      { entity_group: "Disease", entity: "B-Disease", score: certainty, word: "bad", start: 4, end: 7 },
      { entity_group: "Disease", entity: "I-Disease", score: certainty, word: "illness", start: 8, end: 15 },
    ]);
    const without = { ...parameters, ignore_labels: ["I-Disease"] };
    expect(await client.tokenClassification({ inputs, parameters: without })).toMatchObject([
      { word: "bad" },
    ]);
  });

  test.each(["simple", "first", "average", "max"] as const)(
    "gives entities by the strategy %s",
    async (name) => {
      const { url } = await start({}, onlyDisease);
      const client = new InferenceClient().endpoint(`${url}/models/fake`);
      const parameters = { aggregation_strategy: name };
      const [found, ...others] = await client.tokenClassification({ inputs, parameters });
      expect(others).toEqual([]);
      expect(found).toMatchObject({ word: "bad illness", entity_group: "Disease" });
      const ignored = { ...parameters, ignore_labels: ["Disease"] };
      expect(await client.tokenClassification({ inputs, parameters: ignored })).toEqual([]);
    },
  );

  test("is told what is wrong", async () => {
    const { url } = await start();
    const client = new InferenceClient().endpoint(`${url}/models/org/other`);
    await expect(client.tokenClassification({ inputs })).rejects.toMatchObject({
      message: expect.stringContaining('There is no model "org/other".'),
      httpResponse: expect.objectContaining({ status: 404 }),
    });
  });

  test("does not repeat what is refused", async () => {
    const { url, post, model } = await start({ limits: { requests: 1 } });
    const open = closeGate(model);
    const first = post("/", { inputs: "a" });
    await until(() => model.inFlight > 0);
    const client = new InferenceClient().endpoint(url);
    await expect(client.tokenClassification({ inputs })).rejects.toMatchObject({
      httpResponse: expect.objectContaining({ status: 429 }),
    });
    open();
    expect((await first).status).toBe(200);
  });
});

describe("POST /", () => {
  test("answers several texts with an array each", async () => {
    const { post } = await start({}, onlyDisease);
    const response = await post("/", { inputs: [inputs, ""], options: { wait_for_model: true } });
    expect(await response.json()).toMatchObject([[{ word: "bad illness" }], []]);
  });

  test.each([
    [{}, "The body must have required property 'inputs'."],
    [{ inputs: 5 }, "`inputs` must be a string or an array of strings, not 5."],
    [{ inputs: "a", parameters: { threshold: 1 } }, '`parameters` has no field "threshold".'],
  ])("refuses %j", async (body, detail) => {
    const { post } = await start();
    const response = await post("/", body);
    expect(await response.json()).toMatchObject({ status: 400, detail: expect.stringContaining(detail) });
  });
});
