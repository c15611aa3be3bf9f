import { assertType, describe, expectTypeOf, test } from "vitest";
import {
  type Device,
  devices,
  type Entity,
  type Instruction,
  inspectModel,
  instructions,
  type LoadOptions,
  type ModelFile,
  type ModelInfo,
  type RecognizedText,
  type RecognizeOptions,
  Recognizer,
  VanerError,
  type VanerErrorCode,
} from "../../lib/index.js";

declare const recognizer: Recognizer;

describe("the public API", () => {
  test("loads", () => {
    expectTypeOf(Recognizer.load).parameters.toEqualTypeOf<[options?: LoadOptions]>();
    expectTypeOf(Recognizer.load()).resolves.toEqualTypeOf<Recognizer>();
    assertType<LoadOptions>({
      model: new URL("file:///a"),
      adapter: "a.gguf",
      gpu: "auto",
      threads: 2,
      onProgress: (share: number) => share,
    });
    assertType<LoadOptions>({
      gpu: false,
      logger: (level: "debug" | "info" | "warn" | "error", _line: string) => level,
    });
    // @ts-expect-error a GPU is asked for by name
    assertType<LoadOptions>({ gpu: true });
    // @ts-expect-error made by load() only
    new Recognizer();
  });

  test("recognizes", () => {
    expectTypeOf(recognizer.recognize("")).resolves.toEqualTypeOf<Entity[]>();
    expectTypeOf(recognizer.recognizeBatch([""] as const)).resolves.toEqualTypeOf<Entity[][]>();
    expectTypeOf(recognizer.recognizeStream(new Set([""]))).toExtend<AsyncIterable<RecognizedText>>();
    expectTypeOf(recognizer.types).toEqualTypeOf<readonly string[]>();
    expectTypeOf(recognizer.info).toEqualTypeOf<ModelInfo>();
    assertType<RecognizeOptions>({
      types: ["Disease"],
      dataset: "ncbi",
      instruction: "vaner",
      overlaps: "resolve",
      signal: AbortSignal.timeout(1),
    });
    // @ts-expect-error types are an array
    recognizer.recognize("", { types: "Disease" });
    // @ts-expect-error a text is a string
    recognizer.recognize(Buffer.from(""));
    // @ts-expect-error one of two policies
    recognizer.recognize("", { overlaps: "drop" });
    // @ts-expect-error texts, not numbers
    recognizer.recognizeStream([1]);
  });

  test("gives entities with these fields and no others", () => {
    expectTypeOf<Entity>().toEqualTypeOf<{
      readonly type: string;
      readonly text: string;
      readonly start: number;
      readonly end: number;
      readonly score: number;
      readonly sentence: number;
    }>();
  });

  test("is disposed of, by hand or by await using", () => {
    expectTypeOf(recognizer.dispose()).resolves.toBeVoid();
    expectTypeOf(recognizer).toExtend<AsyncDisposable>();
  });

  test("registers instructions", () => {
    expectTypeOf(
      instructions.register({ id: "a", entityType: "Outcome", template: "{entityType}" }),
    ).toEqualTypeOf<Instruction>();
    expectTypeOf(instructions.list()).toEqualTypeOf<Instruction[]>();
    // @ts-expect-error an instruction needs a template
    instructions.register({ id: "a" });
  });

  test("inspects, lists devices and has typed errors", () => {
    expectTypeOf(inspectModel("a.gguf")).resolves.toEqualTypeOf<ModelFile>();
    expectTypeOf(devices()).toEqualTypeOf<Device[]>();
    expectTypeOf(new VanerError("ERR_VANER_COMPUTE", "").code).toEqualTypeOf<VanerErrorCode>();
    // @ts-expect-error codes come from one table
    new VanerError("ERR_OTHER", "");
  });
});
