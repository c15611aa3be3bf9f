// @ts-check
/**
 * The software bill of materials of a release, in CycloneDX: npm's, which knows the packages, plus what is compiled in
 * or comes along. It holds no time and no random number, so that the same commit gives the same bytes.
 */
import { execFileSync } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { llamaRelease } from "./fetch-llama.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * @param {{ name: string, version: string }} main
 * @param {{ name: string, version: string, license: string }} model
 */
export function billOfMaterials(main, model) {
  const args = ["sbom", "--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only"];
  const shell = process.platform === "win32"; // where npm is a shell script
  const bill = JSON.parse(execFileSync("npm", args, { cwd: root, shell, encoding: "utf8" }));
  delete bill.serialNumber;
  delete bill.metadata.timestamp;
  const id = bill.metadata.component["bom-ref"];
  bill.metadata.component.name = main.name; // npm takes the name of the folder
  const added = [
    {
      "bom-ref": `llama.cpp@${llamaRelease.version}`,
      type: "library",
      name: "llama.cpp",
      version: llamaRelease.version,
      purl: `pkg:github/ggml-org/llama.cpp@${llamaRelease.commit}`,
      licenses: [{ license: { id: "MIT" } }],
    },
    {
      "bom-ref": `${model.name}@${model.version}`,
      type: "machine-learning-model",
      name: model.name,
      version: model.version,
      purl: `pkg:npm/${model.name.replace("@", "%40")}@${model.version}`,
      licenses: [{ license: { id: model.license } }],
    },
  ];
  bill.components.push(...added);
  const dependencies = bill.dependencies.find((/** @type {any} */ { ref }) => ref === id);
  dependencies.dependsOn.push(...added.map((component) => component["bom-ref"]));
  bill.dependencies.push(...added.map((component) => ({ ref: component["bom-ref"], dependsOn: [] })));
  return bill;
}
