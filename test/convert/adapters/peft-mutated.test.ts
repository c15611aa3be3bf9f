import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Adapter, openAdapter } from "../../../lib/convert/adapters/peft.js";
import { factors, plainConfig, writeAdapter } from "../../support/adapters.js";

const query = "model.layers.0.self_attn.q_proj";
const value = "model.layers.11.self_attn.v_proj";

describe("an adapter with arbitrary content is valid or rejected", () => {
  const settled = async (folder: string) => {
    let adapter: Adapter | undefined;
    try {
      adapter = await openAdapter(folder);
      for (const { rank, inputs, outputs, scale, readA, readB } of adapter.updates.values()) {
        expect(Number.isFinite(scale)).toBe(true);
        expect((await readA()).length).toBe(rank * inputs);
        expect((await readB(0, outputs)).length).toBe(outputs * rank);
      }
    } catch (error) {
      expect(error).toMatchObject({ code: "ERR_VANER_CHECKPOINT" });
    } finally {
      await adapter?.close();
    }
  };

  test("settings of any kind", async () => {
    const folder = writeAdapter(factors(query));
    const setting = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.integer({ min: -1, max: 5 }),
      fc.constant(undefined),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(plainConfig), "other"),
        setting,
        async (key, changed) => {
          writeFileSync(
            join(folder, "adapter_config.json"),
            JSON.stringify({ ...plainConfig, [key]: changed }),
          );
          await settled(folder);
        },
      ),
      { numRuns: 150 },
    );
  });

  test.each(["adapter_config.json", "adapter_model.safetensors"])("bytes of %s", async (name) => {
    const folder = writeAdapter({ ...factors(query), ...factors(value) });
    const whole = readFileSync(join(folder, name));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.option(fc.nat(whole.length), { freq: 5 }),
        async (changes, end) => {
          const bytes = Buffer.from(whole);
          for (const [at, byte] of changes) bytes[at] = byte;
          writeFileSync(join(folder, name), bytes.subarray(0, end ?? undefined));
          await settled(folder);
        },
      ),
      { numRuns: 150 },
    );
  });
});
