import { describe, expect, test } from "@jest/globals";
import { ConfigObject } from "../../../lib/convert/checkpoint/config-object.js";
import { floatsOf, refuseQuantized } from "../../../lib/convert/checkpoint/quantized.js";

const matrix = "model.layers.0.self_attn.q_proj";

describe("quantized weights", () => {
  test.each(["gptq", "awq"])("%s: the floats are in the checkpoint that it was applied to", (method) => {
    const remedy = floatsOf(new ConfigObject("config.json", { quant_method: method, bits: 4 }));
    expect(remedy).toContain(`float weights that ${method.toUpperCase()} was applied to`);
  });

  test.each(["bitsandbytes", undefined, 7])("%s: transformers saves the floats", (method) => {
    expect(floatsOf(new ConfigObject("config.json", { quant_method: method }))).toContain("dequantize()");
  });

  test.each([
    ".qweight",
    ".qzeros",
    ".weight.absmax",
    ".weight.quant_state.bitsandbytes__nf4",
    ".SCB",
    ".weight_packed",
  ])("are known by %s", (part) => {
    expect(() => refuseQuantized([`${matrix}.bias`, `${matrix}${part}`], "folder")).toThrow(
      expect.objectContaining({ code: "ERR_VANER_CHECKPOINT", message: expect.stringContaining(part) }),
    );
  });

  test("are not floats under long names", () => {
    expect(() => refuseQuantized([`${matrix}.weight`, `${"a.".repeat(1e6)}b`], "folder")).not.toThrow();
  });
});
