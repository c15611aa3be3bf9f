/**
 * onnxruntime-node as a peer.
 *
 * Usage: node onnx-process.js FOLDER_OF_NODE_MODULES MODEL.onnx SEQUENCES.json THREADS
 * Speaks the protocol of worker.ts.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Sequence } from "../sequences.js";

/** The part of onnxruntime-node that is used. The package is not a dependency of this project. */
interface OnnxRuntime {
  readonly InferenceSession: {
    create(path: string, options: object): Promise<OnnxSession>;
  };
  readonly Tensor: new (type: "int64", data: BigInt64Array, shape: number[]) => OnnxTensor;
}
interface OnnxSession {
  readonly inputNames: readonly string[];
  run(feeds: object): Promise<{ logits: OnnxTensor }>;
}
interface OnnxTensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

const [folder, model, sequencesPath, threads] = process.argv.slice(2) as [string, string, string, string];
const require = createRequire(join(folder, "package.json"));
const { InferenceSession, Tensor }: OnnxRuntime = require("onnxruntime-node");
const { version } = JSON.parse(
  readFileSync(join(folder, "node_modules", "onnxruntime-node", "package.json"), "utf8"),
);
const session = await InferenceSession.create(model, {
  executionProviders: ["cpu"],
  intraOpNumThreads: Number(threads),
  interOpNumThreads: 1,
  graphOptimizationLevel: "all",
});
const sets: Record<string, Sequence[]> = JSON.parse(readFileSync(sequencesPath, "utf8"));
await run((sets["text"] ?? []).slice(0, 1));
answer({ ready: true, version: `onnxruntime-node ${version}` });

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (request.do === "agreement") {
    answer({ agreement: await agreement(sets["text"] ?? []) });
    continue;
  }
  const batches = batchesOf(sets[request.set] ?? [], request.batch, request.sorted);
  const start = performance.now();
  for (const batch of batches) await run(batch);
  const seconds = (performance.now() - start) / 1000;
  answer({ seconds, peakBytes: process.resourceUsage().maxRSS * 1024 });
}

function batchesOf(sequences: Sequence[], size: number, byLength: boolean): Sequence[][] {
  const ordered = byLength ? sequences.toSorted((a, b) => a.tokens.length - b.tokens.length) : sequences;
  return Array.from({ length: Math.ceil(ordered.length / size) }, (_, index) =>
    ordered.slice(index * size, (index + 1) * size),
  );
}

/** Logits of every token, [n_sequences, n_longest, n_labels]. */
async function run(batch: Sequence[]): Promise<OnnxTensor> {
  const longest = Math.max(...batch.map(({ tokens }) => tokens.length));
  const tokens = new BigInt64Array(batch.length * longest);
  for (const [row, sequence] of batch.entries()) tokens.set(sequence.tokens.map(BigInt), row * longest);
  const lengths = BigInt64Array.from(batch, (sequence) => BigInt(sequence.tokens.length));
  const apart = BigInt64Array.from(batch, (sequence) => BigInt(sequence.apart));
  const feeds = {
    tokens: new Tensor("int64", tokens, [batch.length, longest]),
    lengths: new Tensor("int64", lengths, [batch.length]),
    // BERT reads no instruction.
    ...(session.inputNames.includes("apart") && { apart: new Tensor("int64", apart, [batch.length]) }),
  };
  return (await session.run(feeds)).logits;
}

async function agreement(sequences: Sequence[]): Promise<number> {
  let same = 0;
  let total = 0;
  for (const batch of batchesOf(sequences, 32, true)) {
    const { data, dims } = await run(batch);
    const [, longest, labelCount] = dims as [number, number, number];
    for (const [index, { rows, labels }] of batch.entries()) {
      for (const [word, row] of rows.entries()) {
        const at = (index * longest + row) * labelCount;
        const logits = data.subarray(at, at + labelCount);
        if (logits.indexOf(Math.max(...logits)) === labels[word]) same++;
        total++;
      }
    }
  }
  return same / total;
}

function answer(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
