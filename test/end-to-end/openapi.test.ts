import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { createServer } from "../../lib/server/index.js";
import { fixture } from "../support/paths.js";

const withSchemathesis = spawnSync("st", ["--version"]).status === 0;
if (!withSchemathesis) process.stderr.write("No schemathesis: the description of the API is not fuzzed.\n");

describe("the description of the API", () => {
  test("has all routes", async () => {
    const server = await createServer({ models: { tiny: { model: fixture("tiny-f32") } } });
    const url = await server.listen({ port: 0 });
    const { openapi, paths } = Object(await (await fetch(`${url}/openapi.json`)).json());
    await server.close();
    expect(openapi).toBe("3.1.0");
    const routes = Object.entries<object>(paths).map(([path, methods]) => `${Object.keys(methods)} ${path}`);
    expect(routes.sort()).toEqual([
      "get /healthz",
      "get /metrics",
      "get /readyz",
      "get /v1/formats",
      "get /v1/instructions",
      "get /v1/model",
      "get /v1/types",
      "get,post /",
      "post /models/{model}",
      "post /v1/documents",
      "post /v1/recognize",
    ]);
  });

  (withSchemathesis ? test : test.skip)("is true, as schemathesis finds", async () => {
    const server = await createServer({ models: { tiny: { model: fixture("tiny-f32") } } });
    const url = await server.listen({ port: 0 });
    // Names of types and models are known to the model alone: a request may fit the schema and not the model.
    const args = ["--exclude-checks", "positive_data_acceptance", "--max-examples", "30", "--no-color"];
    const cwd = mkdtempSync(join(tmpdir(), "vaner-schemathesis-")); // it keeps what it found
    const child = spawn("st", ["run", `${url}/openapi.json`, "--checks", "all", ...args], { cwd });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (piece) => (output += piece));
    const status = await new Promise((resolve) => child.on("close", resolve));
    await server.close();
    rmSync(cwd, { recursive: true });
    expect({ status, output: status === 0 ? "" : output }).toEqual({ status: 0, output: "" });
  });
});
