import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { CheckpointFile } from "../../../lib/convert/checkpoint/file.js";
import { openSafetensors } from "../../../lib/convert/weights/safetensors.js";
import { readPickle } from "../../../lib/convert/weights/torch/pickle.js";
import { openTorchStateDict } from "../../../lib/convert/weights/torch/state-dict.js";
import { torchGlobals } from "../../../lib/convert/weights/torch/torch-globals.js";
import { formOf, readLaidOut } from "../../../lib/convert/weights/torch/torch-layout.js";
import { TorchStorage } from "../../../lib/convert/weights/torch/torch-tensor.js";
import { VanerError } from "../../../lib/errors.js";
import { scratchFile, survives, torchFile } from "./support.js";

type Mutation = readonly [kind: "flip" | "insert" | "remove" | "cut", at: number, byte: number];

const mutations = fc.array(
  fc.tuple(
    fc.constantFrom("flip", "flip", "flip", "insert", "remove", "cut"),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.integer({ min: 1, max: 255 }),
  ),
  { minLength: 1, maxLength: 4 },
);

/** @param span the share of the file that is changed: descriptions matter, weights do not */
function mutated(bytes: Buffer, changes: readonly (readonly [string, number, number])[], span = 1): Buffer {
  let result = Buffer.from(bytes);
  for (const [kind, share, byte] of changes as readonly Mutation[]) {
    const at = Math.floor(share * span * Math.max(0, result.length - 1));
    const [before, after] = [result.subarray(0, at), result.subarray(at)];
    if (kind === "flip") result[at] = (result[at] ?? 0) ^ byte;
    else if (kind === "insert") result = Buffer.concat([before, Buffer.from([byte]), after]);
    else result = Buffer.concat([before, kind === "remove" ? after.subarray(1) : Buffer.alloc(0)]);
  }
  return result;
}

describe("a damaged file is read or rejected with a VanerError", () => {
  test.each([
    ["plain.safetensors", openSafetensors],
    ["plain.bin", openTorchStateDict],
    ["views.bin", openTorchStateDict],
    ["trainer.bin", openTorchStateDict],
  ] as const)("%s", async (name, open) => {
    const whole = readFileSync(torchFile(name));
    await fc.assert(
      fc.asyncProperty(mutations, async (changes) => {
        const path = await scratchFile(`mutated-${name}`, mutated(whole, changes));
        await survives(() => open(path));
      }),
      { numRuns: 150 },
    );
  });

  test.each([2, 3, 4, 5])("pickles of protocol %i", (protocol) => {
    const whole = readFileSync(torchFile(`nested-${protocol}.pt`));
    const begin = whole.indexOf(Buffer.from([0x80, protocol]));
    const pickle = whole.subarray(begin, whole.indexOf("PK", begin));
    const storage = new TorchStorage("0", { element: "F32" }, 0, 2 ** 20);
    const world = { globals: torchGlobals, persistent: () => storage };
    expect(readPickle(pickle, world, "f")).toBeInstanceOf(Map);
    fc.assert(
      fc.property(mutations, (changes) => {
        try {
          readPickle(mutated(pickle, changes), world, "f");
        } catch (error) {
          expect(error).toBeInstanceOf(VanerError);
          expect(error).toMatchObject({ code: "ERR_VANER_CHECKPOINT" });
        }
      }),
      { numRuns: 500 },
    );
  });

  test("any bytes as a pickle", () => {
    const operations = [..."\x80()01]}a.tusRbQc\x85\x86\x87\x93\x94hqKNX\x8c\x8a\x8f\x90\x91"].map((one) =>
      one.charCodeAt(0),
    );
    const byte = fc.oneof(fc.constantFrom(...operations), fc.nat(255));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 200 }), (bytes) => {
        try {
          readPickle(Uint8Array.from(bytes), { globals: torchGlobals, persistent: () => null }, "f");
        } catch (error) {
          expect(error).toMatchObject({ code: "ERR_VANER_CHECKPOINT" });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test("views are read by their strides, whichever rows are requested", async () => {
  const bytes = Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 31 + (at >> 8)) & 255));
  const file = await CheckpointFile.open(await scratchFile("storage", bytes));
  const view = fc.record({
    size: fc.constantFrom(1, 2, 4, 8),
    shape: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
    strides: fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 3, maxLength: 3 }),
    begin: fc.nat(100),
    first: fc.nat(4),
    count: fc.integer({ min: 1, max: 5 }),
  });
  let read = 0;
  await fc.assert(
    fc.asyncProperty(view, async ({ size, shape, strides, begin, first, count }) => {
      const [rows, ...inner] = shape as [number, ...number[]];
      const stride = strides.slice(0, shape.length);
      const form = formOf({ type: { element: "F32" }, shape, stride });
      fc.pre(!("problem" in form) && first + count <= rows);
      read++;
      const length = inner.reduce((product, extent) => product * extent, 1);
      const layout = (form as Extract<typeof form, { layout: unknown }>).layout;
      const found = await readLaidOut(file, { begin, size, length, layout }, first, count);
      const wanted: Buffer[] = [];
      for (let row = first; row < first + count; row++) {
        for (let element = 0; element < length; element++) {
          let at = row * (stride[0] as number);
          let rest = element;
          for (let dimension = shape.length - 1; dimension > 0; dimension--) {
            at += (rest % (shape[dimension] as number)) * (stride[dimension] as number);
            rest = Math.floor(rest / (shape[dimension] as number));
          }
          wanted.push(bytes.subarray(begin + at * size, begin + (at + 1) * size));
        }
      }
      expect(Buffer.from(found).equals(Buffer.concat(wanted))).toBe(true);
    }),
    { numRuns: 150 },
  );
  expect(read).toBeGreaterThan(50);
  await file.close();
});
