/**
 * vaner-native: biomedical named entity recognition with a LLaMA model, inside the Node.js process.
 * @packageDocumentation
 */
export { devices } from "./binding/devices.js";
export type {
  NativeDevice as Device,
  NativeLogLevel as LogLevel,
  NativeModelInfo as ModelInfo,
} from "./binding/native-addon.js";
export type {
  NativeMetadataValue as MetadataValue,
  NativeTensor as ModelTensor,
} from "./binding/native-model-file.js";
export { convertCheckpoint } from "./convert/convert.js";
export { convertAdapter } from "./convert/convert-adapter.js";
export type { ConvertAdapterOptions, ConvertOptions } from "./convert/options.js";
export type { Aggregation } from "./decoding/aggregation.js";
export type { Entity } from "./decoding/entities.js";
export type { Overlaps } from "./decoding/overlaps.js";
export { VanerError, type VanerErrorCode } from "./errors.js";
export {
  type AdapterFacts,
  type InspectOptions,
  inspectModel,
  type ModelFile,
  type TensorTypeCount,
} from "./gguf/inspect.js";
export type { TensorVerification } from "./gguf/tensor-hashes.js";
export { type InstructionRegistry, instructions, type NewInstruction } from "./instructions/registry.js";
export type { Instruction } from "./instructions/template.js";
export type { ModelPath } from "./model-path.js";
export { type QuantizeOptions, type QuantizeResult, quantizeModel } from "./quantize/quantize.js";
export type { WeightLoss } from "./quantize/weight-loss.js";
export type { LoadOptions } from "./recognizer/load.js";
export type { RecognizeOptions } from "./recognizer/query.js";
export { Recognizer } from "./recognizer/recognizer.js";
export type { RecognizedText } from "./recognizer/stream.js";
export type { TextSource } from "./recognizer/text-source.js";
export type { SentencesInput, TextInput, WordsInput } from "./text/input.js";
