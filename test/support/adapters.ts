import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "./cleanup.js";
import { type SafeTensor, safetensorsBytes } from "./safetensors.js";

/** A new folder that is removed when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "vaner-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The settings that peft writes for a plain LoRA. */
export const plainConfig = {
  alora_invocation_tokens: null,
  alpha_pattern: {},
  arrow_config: null,
  auto_mapping: null,
  base_model_name_or_path: "base",
  bias: "none",
  corda_config: null,
  ensure_weight_tying: false,
  eva_config: null,
  exclude_modules: null,
  fan_in_fan_out: false,
  inference_mode: true,
  init_lora_weights: true,
  layer_replication: null,
  layers_pattern: null,
  layers_to_transform: null,
  loftq_config: {},
  lora_alpha: 32,
  lora_bias: false,
  lora_dropout: 0.1,
  megatron_config: null,
  megatron_core: "megatron.core",
  modules_to_save: ["classifier", "score"],
  peft_type: "LORA",
  peft_version: "0.21.2",
  qalora_group_size: 16,
  r: 4,
  rank_pattern: {},
  revision: null,
  runtime_config: { ephemeral_gpu_offload: false },
  target_modules: ["q_proj", "v_proj"],
  target_parameters: null,
  task_type: "TOKEN_CLS",
  trainable_token_indices: null,
  use_dora: false,
  use_qalora: false,
  use_rslora: false,
};

export type Tensors = Record<string, SafeTensor>;

/** Writes an adapter. `settings` override {@link plainConfig}; undefined removes one. */
export function writeAdapter(tensors: Tensors, settings: Record<string, unknown> = {}): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "adapter_config.json"), JSON.stringify({ ...plainConfig, ...settings }));
  writeFileSync(join(folder, "adapter_model.safetensors"), safetensorsBytes(tensors));
  return folder;
}

/** The factors of an update, as peft names them. */
export function factors(
  module: string,
  { rank = 4, inputs = 3, outputs = 5 }: { rank?: number; inputs?: number; outputs?: number } = {},
): Tensors {
  return {
    [`base_model.model.${module}.lora_A.weight`]: { shape: [rank, inputs], data: ramp(rank * inputs, 0.25) },
    [`base_model.model.${module}.lora_B.weight`]: {
      shape: [outputs, rank],
      data: ramp(outputs * rank, -0.5),
    },
  };
}

/** `length` different numbers that every floating-point type represents exactly. */
export function ramp(length: number, step: number): number[] {
  return Array.from({ length }, (_, index) => (index - 7) * step);
}
