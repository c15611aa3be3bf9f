import type { ConfigObject } from "./config-object.js";
import { checkpointError } from "./errors.js";
import { quoted } from "./names.js";

/** Names of the parts that quantized matrices are stored in: GPTQ and AWQ, bitsandbytes, compressed-tensors. */
const part =
  /\.(qweight|qzeros|g_idx|weight\.absmax|weight\.quant_map|weight\.quant_state\.\w+|SCB|weight_packed|weight_scale)$/;

/** Longer names are none of these; a hostile file may have names of megabytes. */
const longestName = 1000;

const convertFloats =
  "Convert the checkpoint with float weights that it was made from, or save one with transformers: ";
const quantizeLater = " `vaner quantize` makes the result small again.";
const dequantize =
  '`AutoModelForTokenClassification.from_pretrained(folder).dequantize().save_pretrained("floats")`.';

/**
 * How to get a checkpoint with float weights.
 * @param quantization `quantization_config` of the quantized one
 */
export function floatsOf(quantization: ConfigObject): string {
  const method = quantization.value("quant_method");
  if (method === "gptq" || method === "awq") {
    return `Convert the checkpoint with float weights that ${method.toUpperCase()} was applied to.${quantizeLater}`;
  }
  return `${convertFloats}${dequantize}${quantizeLater}`;
}

/**
 * Refuses weights that are quantized though the configuration does not say so.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT`
 */
export function refuseQuantized(names: Iterable<string>, folder: string): void {
  for (const name of names) {
    if (name.length > longestName || !part.test(name)) continue;
    throw checkpointError(
      `${folder}: the weights are quantized: ${quoted(name)} is a part of a quantized matrix. ${convertFloats}${dequantize}${quantizeLater}`,
    );
  }
}
