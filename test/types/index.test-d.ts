import { expectAssignable, expectError, expectNotAssignable, expectType } from "tsd";
import {
  type ConvertAdapterOptions,
  type ConvertOptions,
  type Device,
  devices,
  type Entity,
  type InspectOptions,
  type Instruction,
  inspectModel,
  instructions,
  type LoadOptions,
  type ModelFile,
  type ModelInfo,
  type NewInstruction,
  type QuantizeOptions,
  type RecognizedText,
  type RecognizeOptions,
  Recognizer,
  VanerError,
  type VanerErrorCode,
} from "vaner-native";

declare const recognizer: Recognizer;

// Loading
declare const loadParameters: Parameters<typeof Recognizer.load>;
expectType<[options?: LoadOptions | undefined]>(loadParameters);
expectType<Promise<Recognizer>>(Recognizer.load());
expectAssignable<LoadOptions>({
  model: new URL("file:///a"),
  adapter: "a.gguf",
  gpu: "auto" as const,
  threads: 2,
  onProgress: (share: number) => share,
});
expectAssignable<LoadOptions>({
  gpu: false as const,
  logger: (level: "debug" | "info" | "warn" | "error", _line: string) => level,
});
expectNotAssignable<LoadOptions>({ gpu: true });
expectAssignable<LoadOptions>({ gpu: "off" as const });
// Only load() makes one.
expectNotAssignable<new (...options: never) => unknown>(Recognizer);

// Recognizing
expectType<Promise<Entity[]>>(recognizer.recognize(""));
expectType<Promise<Entity[][]>>(recognizer.recognizeBatch([""] as const));
expectAssignable<AsyncIterable<RecognizedText>>(recognizer.recognizeStream(new Set([""])));
expectType<readonly string[]>(recognizer.types);
expectType<ModelInfo>(recognizer.info);
expectAssignable<RecognizeOptions>({
  types: ["Disease"],
  dataset: "ncbi",
  instruction: "vaner",
  overlaps: "resolve" as const,
  aggregation: "average" as const,
  consistency: true,
  lines: true,
  signal: AbortSignal.timeout(1),
});
expectError(recognizer.recognize("", { types: "Disease" }));
expectError(recognizer.recognize(Buffer.from("")));
expectError(recognizer.recognize("", { overlaps: "drop" }));
expectError(recognizer.recognize("", { aggregation: "none" }));
expectError(recognizer.recognize("", { consistency: "yes" }));
expectError(recognizer.recognizeStream([1]));

// Entities have these fields and no others.
declare const entity: Entity;
expectType<{
  readonly type: string;
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly score: number;
  readonly sentence: number;
}>(entity);

// Disposing, by hand or by `await using`
expectType<Promise<void>>(recognizer.dispose());
expectAssignable<AsyncDisposable>(recognizer);

// Instructions
expectType<Instruction>(instructions.register({ id: "a", entityType: "Outcome", template: "{entityType}" }));
expectType<Instruction[]>(instructions.list());
expectError(instructions.register({ id: "a" }));

// Model files, devices, errors
expectType<Promise<ModelFile>>(inspectModel("a.gguf"));
expectType<Device[]>(devices());
expectType<VanerErrorCode>(new VanerError("ERR_VANER_COMPUTE", "").code);
expectError(new VanerError("ERR_OTHER", ""));

// Undefined is as absent in all options, also under exactOptionalPropertyTypes (package.json).
type AllUndefined<Options> = { [Name in keyof Options]: Options[Name] | undefined };
declare const load: AllUndefined<LoadOptions>;
expectAssignable<LoadOptions>(load);
declare const recognize: AllUndefined<RecognizeOptions>;
expectAssignable<RecognizeOptions>(recognize);
declare const inspect: AllUndefined<InspectOptions>;
expectAssignable<InspectOptions>(inspect);
declare const instruction: AllUndefined<Omit<NewInstruction, "id" | "template">>;
expectAssignable<NewInstruction>({ ...instruction, id: "a", template: "{entityType}" });
declare const quantize: AllUndefined<Omit<QuantizeOptions, "input" | "output" | "type">>;
expectAssignable<QuantizeOptions>({ ...quantize, input: "a", output: "b", type: "q8_0" });
declare const convert: AllUndefined<Omit<ConvertOptions, "checkpoint" | "output">>;
expectAssignable<ConvertOptions>({ ...convert, checkpoint: "a", output: "b" });
declare const convertOne: AllUndefined<Omit<ConvertAdapterOptions, "adapter" | "base" | "output">>;
expectAssignable<ConvertAdapterOptions>({ ...convertOne, adapter: "a", base: "b", output: "c" });
