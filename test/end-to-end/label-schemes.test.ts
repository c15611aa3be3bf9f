import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { convertAdapter, convertCheckpoint, inspectModel, Recognizer } from "../../lib/index.js";
import { abstracts } from "../support/abstracts.js";
import { type AcceptedCase, acceptedCases, layOut } from "../support/checkpoints.js";
import { vaner } from "../support/cli.js";
import { GgufEditor } from "../support/gguf.js";
import { fixture } from "../support/paths.js";

const text = abstracts.join(" ");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vaner-schemes-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const place = (name: string) => join(folder, name);

function laidOut(name: string) {
  const entry = acceptedCases.find((found) => found.name === name) as AcceptedCase;
  return layOut(entry, place(name));
}

/** Entities of the whole text, and of each type by itself. */
async function recognize(model: string, adapter?: string) {
  await using recognizer = await Recognizer.load({ model, gpu: false, ...(adapter && { adapter }) });
  const { types } = recognizer;
  const entities = await recognizer.recognize(text);
  const each = [];
  for (const type of types) each.push(await recognizer.recognize(text, { types: [type] }));
  for (const { start, end, text: found } of entities) expect(found).toBe(text.slice(start, end));
  for (const [index, type] of types.entries()) {
    expect(each[index]).toEqual(entities.filter((entity) => entity.type === type));
  }
  return { types, entities };
}

describe("a classifier over several types", () => {
  test.each([
    { name: "several-types", types: ["Disease", "Chemical"], tagging: "BIO" },
    { name: "several-types-bilou", types: ["Disease", "Gene"], tagging: "BIOES" },
    { name: "several-types-plain", types: ["DNA", "cell line"], tagging: "IO" },
    { name: "single-type-bioes", types: ["Disease"], tagging: "BIOES" },
    { name: "single-type-tokens", types: ["Disease"], tagging: "BIO" },
  ])("$name: convert, inspect, recognize", async ({ name, types, tagging }) => {
    const output = place(`${name}.gguf`);
    await convertCheckpoint({ ...laidOut(name), output });
    expect(await inspectModel(output)).toMatchObject({
      format: 4,
      heads: ["+"],
      types,
      tagging,
      template: name === "single-type-tokens" ? "<|begin_of_text|>" : "",
      words: name === "single-type-tokens" ? "tokens-v1" : "letters-digits-v1",
      problem: null,
    });
    const found = await recognize(output);
    expect(found.types).toEqual(types);
    expect(found.entities.length).toBeGreaterThan(0);
  });

  test("on the command line: convert, inspect, recognize, eval", async () => {
    const { checkpoint } = laidOut("several-types");
    const output = place("commands.gguf");
    const converted = await vaner(["convert", checkpoint, "-o", output]);
    expect(converted).toMatchObject({ code: 0, stderr: "" });
    const { stdout: inspected } = await vaner(["inspect", output]);
    expect(inspected).toMatch(/heads +\+ \(one head, for the types that the labels name\)/);
    expect(inspected).toMatch(/types +Disease, Chemical/);
    expect(inspected).toMatch(/labels +O, B-Disease, I-Disease, B-Chemical, I-Chemical/);
    expect(inspected).toMatch(/tagging +BIO \(begin, inside, outside\)/);

    const args = ["recognize", "--model", output, "--types", "Chemical", "--json", text];
    const { code, stdout } = await vaner(args);
    expect(code).toBe(0);
    const { entities } = JSON.parse(stdout);
    expect(entities.length).toBeGreaterThan(0);
    expect(new Set(entities.map(({ type }: { type: string }) => type))).toEqual(new Set(["Chemical"]));

    const gold = place("gold.tsv");
    writeFileSync(gold, "Cisplatin\tB-Chemical\ncauses\tO\nkidney\tB-Disease\ndamage\tI-Disease\n");
    const scored = await vaner([
      "eval",
      "--model",
      output,
      "--data",
      gold,
      "--type",
      "Disease,Chemical",
      "--json",
    ]);
    expect(scored).toMatchObject({ code: 0, stderr: "" });
    expect(Object.keys(JSON.parse(scored.stdout).types ?? {}).sort()).toEqual(["Chemical", "Disease"]);
  });

  test("an adapter may bring the head; a file beside it may name the labels", async () => {
    const { checkpoint, adapters, labels } = laidOut("adapter-several-types");
    const [adapter] = adapters as [string];
    const [base, output] = [place("base.gguf"), place("adapter.gguf")];
    await convertCheckpoint({ checkpoint, heads: false, output: base });
    const options = { adapter, base: checkpoint, output };
    await expect(convertAdapter(options)).rejects.toMatchObject({
      code: "ERR_VANER_CHECKPOINT",
      message: expect.stringMatching(/does not name the labels of a head with 5 rows.*--labels/),
    });
    const id2label = Object.fromEntries((labels ?? []).entries());
    writeFileSync(join(adapter, "config.json"), JSON.stringify({ id2label }));
    expect(await convertAdapter(options)).toMatchObject({
      format: 4,
      types: ["Disease", "Chemical"],
      problem: null,
    });
    const beside = await recognize(base, output);
    expect(beside.entities.length).toBeGreaterThan(0);
    const merged = place("merged.gguf");
    await convertCheckpoint({ checkpoint, adapters, output: merged, type: "f32" });
    expect((await recognize(merged)).types).toEqual(beside.types);
  });

  test("tags tokens of byte-level BPE alone", async () => {
    const options = { checkpoint: laidOut("several-types").checkpoint, tagTokens: true };
    await expect(convertCheckpoint({ ...options, output: place("tokens.gguf") })).rejects.toMatchObject({
      code: "ERR_VANER_CHECKPOINT",
      message: expect.stringContaining("leave out --tag-tokens"),
    });
  });

  test("says how many labels the head has", async () => {
    const { checkpoint } = laidOut("several-types");
    const names = ["O", "B-Disease", "I-Disease", "B-Chemical", "I-Chemical"];
    await expect(
      convertCheckpoint({ checkpoint, labels: [...names, "B-Gene"], output: place("more.gguf") }),
    ).rejects.toMatchObject({ message: expect.stringMatching(/5 rows, but there are 6 labels/) });
  });

  test("inspect lists hundreds of labels", async () => {
    const file = new GgufEditor(fixture("tiny-f32"));
    const labels = ["O", ...Array.from({ length: 300 }, (_, type) => `I-T${type}`)];
    file.setU32("vaner.format", 4).setStrings("vaner.heads", ["+"]).setString("vaner.tagging", "IO");
    file.setStrings("llama-embed.classifier.output_labels", labels);
    writeFileSync(place("many.gguf"), file.toBytes());
    expect(await inspectModel(place("many.gguf"))).toMatchObject({
      labels,
      types: labels.slice(1).map((label) => label.slice(2)),
      problem: { code: "ERR_VANER_MODEL_HEAD" },
    });
  });

  test("files of other heads keep their format", async () => {
    expect(await inspectModel(fixture("tiny-f32"))).toMatchObject({ format: 1, types: [], tagging: "BIO" });
    expect(await inspectModel(fixture("tiny-heads-f32"))).toMatchObject({ types: ["Disease", "Chemical"] });
    await convertCheckpoint({ ...laidOut("token-classifier"), output: place("one.gguf") });
    expect(await inspectModel(place("one.gguf"))).toMatchObject({ format: 1, heads: ["Disease"] });
  });
});
