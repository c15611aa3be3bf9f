"""Scores an exported model: its GGUF file is dequantized, so the loss by quantization is seen.

python -m training.evaluate models/vaner-smollm2.gguf --split dev
"""

import argparse
import json
import time
from pathlib import Path

from gguf import GGUFReader

from training.config import DEFAULT_CORPORA, HERE, load_config
from training.data.corpus import has_split, read_split
from training.evaluation.dev import Evaluator, Job, first_texts
from training.model.tokenizer import WordTokenizer
from training.model.weights import load_encoder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--split", choices=("dev", "test"), default="dev")
    parser.add_argument(
        "--corpus", action="append", help="only this one; may be given several times"
    )
    parser.add_argument(
        "--adaptive", action="store_true", help="the instruction that names no dataset"
    )
    parser.add_argument(
        "--alone", action="store_true", help="every sentence without its neighbours"
    )
    parser.add_argument("--fast", action="store_true", help="compute in bfloat16")
    parser.add_argument("--limit", type=int, help="only the first texts")
    parser.add_argument("--config", type=Path, default=HERE / "config.toml")
    parser.add_argument("--corpora", type=Path, default=DEFAULT_CORPORA)
    arguments = parser.parse_args()
    config = load_config(arguments.config)
    tokenizer = WordTokenizer(GGUFReader(arguments.model))
    model = load_encoder(arguments.model)
    evaluator = Evaluator(model, tokenizer, config, arguments.fast)
    for corpus in config.corpora:
        if arguments.corpus and corpus.name not in arguments.corpus:
            continue
        if not has_split(arguments.corpora, corpus, arguments.split):
            continue
        texts = first_texts(
            read_split(arguments.corpora, corpus, arguments.split), arguments.limit
        )
        dataset = None if arguments.adaptive else corpus.datasets[0]
        start = time.perf_counter()
        (found,) = evaluator.scores([Job(corpus, texts, dataset)], arguments.alone)
        for kind, result in found.items():
            row = {
                "corpus": corpus.name,
                "dataset": dataset,
                "type": kind,
                "split": arguments.split,
                "precision": round(result.precision, 4),
                "recall": round(result.recall, 4),
                "f1": round(result.f1, 4),
                "support": result.support,
                "predicted": result.predicted,
                "correct": result.correct,
                "seconds": round(time.perf_counter() - start, 1),
            }
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
