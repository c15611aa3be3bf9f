import fc from "fast-check";

const oddValues: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  1,
  -1,
  2,
  3.5,
  64,
  128,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  1e308,
  -1e308,
  1e-320,
  "",
  " ",
  "x".repeat(70_000),
  "\u0000",
  "\ud800",
  "../config.json",
  "/etc/passwd",
  "model.safetensors",
  "F32",
  "BF16",
  "I64",
  "F8_E4M3",
  "LlamaForCausalLM",
  "MistralForTokenClassification",
  "(a+)+$",
  "__proto__",
  [],
  {},
  [[]],
  [null],
  [1, 2, 3],
  [0, 2 ** 53],
  [-1, 8],
  Array.from({ length: 3000 }, (_, index) => index),
  { 0: "O", 1: "B-Disease", 2: "I-Disease" },
  { __proto__: null, constructor: { prototype: 1 } },
];

/** Damages a file of a checkpoint: as JSON or safetensors if it is one, or its bytes. */
export function damaged(name: string, bytes: Buffer, choose: fc.GeneratorValue): Buffer {
  const asBytes = choose(fc.integer, { min: 0, max: 3 }) === 0;
  if (!asBytes && name.endsWith(".json")) return damagedJson(bytes, choose);
  if (!asBytes && name.endsWith(".safetensors")) return damagedSafetensors(bytes, choose);
  return damagedBytes(bytes, choose);
}

function damagedBytes(bytes: Buffer, choose: fc.GeneratorValue): Buffer {
  let result = Buffer.from(bytes);
  for (let count = choose(fc.integer, { min: 1, max: 4 }); count > 0; count--) {
    // Descriptions lie at both ends of a file, weights between them.
    const near = Math.min(result.length, choose(fc.constantFrom, 300, 3000, 300_000));
    const offset = choose(fc.nat, { max: Math.max(0, near - 1) });
    const at = choose(fc.boolean) ? offset : Math.max(0, result.length - 1 - offset);
    const [before, after] = [result.subarray(0, at), result.subarray(at)];
    const length = choose(fc.constantFrom, 1, 1, 2, 4, 8, 100);
    const inserted = Buffer.alloc(length, choose(fc.constantFrom, 0, 1, 0x7f, 0x80, 0xff, 0x22, 0x7b));
    switch (choose(fc.constantFrom, "flip", "flip", "set", "insert", "remove", "cut", "repeat")) {
      case "flip":
        result[at] = (result[at] ?? 0) ^ (1 << choose(fc.nat, { max: 7 }));
        break;
      case "set":
        inserted.copy(result, at);
        break;
      case "insert":
        result = Buffer.concat([before, inserted, after]);
        break;
      case "remove":
        result = Buffer.concat([before, after.subarray(length)]);
        break;
      case "repeat":
        result = Buffer.concat([before, after.subarray(0, length), after]);
        break;
      default:
        result = Buffer.from(before);
    }
  }
  return result;
}

function damagedJson(bytes: Buffer, choose: fc.GeneratorValue): Buffer {
  const root = { value: JSON.parse(bytes.toString("utf8")) as unknown };
  for (let count = choose(fc.integer, { min: 1, max: 3 }); count > 0; count--)
    damageValue(root, "value", choose);
  return Buffer.from(JSON.stringify(root.value) ?? "");
}

/** Changes a value somewhere below a key. */
function damageValue(parent: object, key: string, choose: fc.GeneratorValue): void {
  const holder = parent as Record<string, unknown>;
  const value = holder[key];
  const keys = typeof value === "object" && value !== null ? Object.keys(value) : [];
  if (keys.length > 0 && choose(fc.integer, { min: 0, max: 9 }) > 0) {
    damageValue(value as object, keys[choose(fc.nat, { max: keys.length - 1 })] as string, choose);
    return;
  }
  switch (choose(fc.constantFrom, "replace", "replace", "delete", "rename", "wrap", "near")) {
    case "delete":
      delete holder[key];
      break;
    case "rename":
      Object.defineProperty(holder, `${key}${choose(fc.constantFrom, "", "_", "\u0000", "x")}`, {
        value,
        configurable: true,
        enumerable: true,
        writable: true,
      });
      if (!Array.isArray(holder)) delete holder[key];
      break;
    case "wrap":
      holder[key] = choose(fc.boolean) ? [value] : { value };
      break;
    case "near":
      holder[key] =
        typeof value === "number"
          ? value + choose(fc.constantFrom, -1, 1, 0.5)
          : nearText(`${value}`, choose);
      break;
    default:
      holder[key] = structuredClone(oddValues[choose(fc.nat, { max: oddValues.length - 1 })]);
  }
}

/** A text that is a little longer, or another character in a long one, which may be binary in base64. */
function nearText(text: string, choose: fc.GeneratorValue): string {
  if (text.length < 100) return `${text} `;
  const at = choose(fc.nat, { max: text.length - 1 });
  return text.slice(0, at) + choose(fc.constantFrom, "A", "Q", "/", "9", "=") + text.slice(at + 1);
}

function damagedSafetensors(bytes: Buffer, choose: fc.GeneratorValue): Buffer {
  const length = Number(bytes.readBigUInt64LE());
  const header = damagedJson(bytes.subarray(8, 8 + length), choose);
  const size = Buffer.alloc(8);
  const lies = choose(fc.integer, { min: 0, max: 9 }) === 0;
  size.writeBigUInt64LE(lies ? choose(fc.bigInt, { min: 0n, max: 2n ** 64n - 1n }) : BigInt(header.length));
  return Buffer.concat([size, header, bytes.subarray(8 + length)]);
}
