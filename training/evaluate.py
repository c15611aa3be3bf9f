"""Scores an exported model: its GGUF file is dequantized, so the loss by quantization is seen.

python -m training.evaluate models/vaner-smollm2.gguf --split dev
"""

import argparse
import json
import time
from pathlib import Path

import torch
from gguf import GGUFReader

from training.config import DEFAULT_CORPORA, HERE, Config, Corpus, load_config
from training.corpora import Sentence, read_split
from training.model import Encoder
from training.samples import fill, group, make_samples, pack
from training.scores import Scores, score
from training.tokenizer import WordTokenizer
from training.weights import load_encoder


@torch.inference_mode()
def predict(
    model: Encoder,
    tokenizer: WordTokenizer,
    sentences: list[Sentence],
    instruction: str,
    fast: bool,
    batch_tokens: int,
) -> list[list[int]]:
    """Most probable label of every word. `fast` computes in bfloat16, good enough to follow a training run."""
    samples = [
        make_samples(sentence, instruction, tokenizer)[0] for sentence in sentences
    ]
    predicted: list[list[int]] = [[] for _ in samples]
    for indices in group(samples, batch_tokens):
        chosen = [samples[index] for index in indices]
        batch = pack(fill(chosen, batch_tokens))
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=fast):
            labels = model(batch).argmax(-1)
        words = [len(samples[index].labels) for index in indices]
        for index, part in zip(indices, labels.split(words), strict=True):
            predicted[index] = part.tolist()
    return predicted


def evaluate(
    model: Encoder,
    tokenizer: WordTokenizer,
    config: Config,
    corpus: Corpus,
    sentences: list[Sentence],
    adaptive: bool = False,
    fast: bool = False,
) -> Scores:
    instruction = config.instruction.text(
        corpus.type, None if adaptive else corpus.dataset
    )
    predicted = predict(
        model, tokenizer, sentences, instruction, fast, config.training.batch_tokens
    )
    return score([sentence.labels for sentence in sentences], predicted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--split", choices=("train", "dev", "test"), default="dev")
    parser.add_argument(
        "--dataset", action="append", help="only this one; may be given several times"
    )
    parser.add_argument(
        "--adaptive", action="store_true", help="the instruction that names no dataset"
    )
    parser.add_argument("--fast", action="store_true", help="compute in bfloat16")
    parser.add_argument("--limit", type=int, help="only the first sentences")
    parser.add_argument("--config", type=Path, default=HERE / "config.toml")
    parser.add_argument("--corpora", type=Path, default=DEFAULT_CORPORA)
    arguments = parser.parse_args()
    config = load_config(arguments.config)
    model = load_encoder(arguments.model).eval()
    tokenizer = WordTokenizer(GGUFReader(arguments.model))
    for corpus in config.corpora:
        if arguments.dataset and corpus.dataset not in arguments.dataset:
            continue
        sentences = read_split(arguments.corpora, corpus, arguments.split)[
            : arguments.limit
        ]
        start = time.perf_counter()
        result = evaluate(
            model,
            tokenizer,
            config,
            corpus,
            sentences,
            arguments.adaptive,
            arguments.fast,
        )
        row = {
            "dataset": corpus.dataset,
            "type": corpus.type,
            "split": arguments.split,
            "precision": round(result.precision, 4),
            "recall": round(result.recall, 4),
            "f1": round(result.f1, 4),
            "support": result.support,
            "predicted": result.predicted,
            "correct": result.correct,
            "sentences": len(sentences),
            "seconds": round(time.perf_counter() - start, 1),
        }
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
