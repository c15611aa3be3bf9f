import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { vanerPath } from "../support/cli.js";
import { root } from "../support/paths.js";

const python = process.env["VANER_PYTHON"] ?? "python3";
const withSpark =
  spawnSync(python, ["-c", "import pyspark"]).status === 0 && spawnSync("java", ["-version"]).status === 0;
if (!withSpark) process.stderr.write("No PySpark or no Java: the test of the Spark example is skipped.\n");
const testOnSpark = withSpark ? test : test.skip;

const folder = mkdtempSync(join(tmpdir(), "vaner-spark-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs Python, with the same interpreter in the workers. */
function run(args: readonly string[]): string {
  const env = { ...process.env, PYSPARK_PYTHON: python, SPARK_LOCAL_IP: "127.0.0.1" };
  const { status, stdout, stderr } = spawnSync(python, args, { encoding: "utf8", cwd: folder, env });
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

const makeTable = `
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[2]").getOrCreate()
rows = [(f"{index}", f"💊 Patient {index}\\nhas gout.") for index in range(20)]
spark.createDataFrame(rows, ["id", "text"]).repartition(3).write.parquet("texts.parquet")
`;

const readTable = `
import json
from pyspark.sql import SparkSession
from pyspark.sql.functions import expr
spark = SparkSession.builder.master("local[2]").getOrCreate()
mention = "substring(text, entities[0].start + 1, entities[0].end - entities[0].start)"
rows = spark.read.parquet("annotated.parquet").select("id", expr("entities.type"), expr(mention)).collect()
print(json.dumps([list(row) for row in rows]))
`;

testOnSpark(
  "a table gets its entities, with offsets that Spark understands",
  () => {
    run(["-c", makeTable]);
    run([
      ...[join(root, "examples", "spark", "annotate.py"), "texts.parquet", "annotated.parquet"],
      ...["--vaner", `${process.execPath} ${vanerPath()}`, "--options", "--types Disease"],
    ]);
    const rows: [string, string[], string][] = JSON.parse(run(["-c", readTable]));
    expect(rows.map(([id]) => Number(id)).sort((a, b) => a - b)).toEqual([...Array(20).keys()]);
    for (const [, types, mention] of rows) expect([types, mention]).toEqual([["Disease"], "gout"]);
  },
  300_000,
);
