"""Annotates a table of texts with Spark: the rows of each partition go through a process of `vaner annotate`.

    spark-submit --conf spark.task.cpus=4 annotate.py abstracts.parquet annotated.parquet --threads 4

The input is Parquet with the columns `id` and `text`; the output has a further one, `entities`.
"""

import argparse
import json

from pyspark.sql import SparkSession

SCHEMA = """
    id STRING, text STRING,
    entities ARRAY<STRUCT<type: STRING, text: STRING, start: INT, end: INT, score: DOUBLE>>
"""


def in_code_points(line):
    """Counts offsets in code points, as Spark and Python do; JSON lines have them in UTF-16 code units."""
    document = json.loads(line)
    units = document["text"].encode("utf-16-le")
    for entity in document.get("entities", []):
        for key in ("start", "end"):
            entity[key] = len(units[: 2 * entity[key]].decode("utf-16-le"))
    return json.dumps(document)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("--threads", default="1", help="cores of each process: spark.task.cpus")
    parser.add_argument("--vaner", default="vaner", help="how an executor starts vaner")
    parser.add_argument("--options", default="", help="further options of vaner annotate, such as --types Disease")
    arguments = parser.parse_args()

    spark = SparkSession.builder.appName("vaner annotate").getOrCreate()
    texts = spark.read.parquet(arguments.input).select("id", "text")
    command = (
        f"{arguments.vaner} annotate - -o - --input-format jsonl --output-format jsonl"
        f" --threads {arguments.threads} {arguments.options}"
    )
    # checkCode: a process that fails is a task that fails, and Spark tries it again.
    lines = texts.toJSON().pipe(command, checkCode=True).map(in_code_points)
    spark.read.json(lines, schema=SCHEMA).write.parquet(arguments.output)
    spark.stop()


if __name__ == "__main__":
    main()
