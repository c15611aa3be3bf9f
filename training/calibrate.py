"""Makes scores agree with precision: divides every head's weights and bias by its temperature.

python -m training.calibrate models/vaner-smollm2.gguf

A head's labels stay what they are. A second run finds temperatures near 1.
"""

import argparse
import json
import math
import shutil
from collections.abc import Mapping
from pathlib import Path

import torch
from gguf import GGMLQuantizationType, GGUFReader

from training.config import DEFAULT_CORPORA, HERE, Config, load_config
from training.data.held_out import (
    CALIBRATION,
    first_words,
    read_held_out,
    read_trained_sentences,
)
from training.data.leaks import SentenceSet
from training.data.samples import for_adaptive
from training.data.sentences import TYPES
from training.evaluation.calibration import Mentions, calibration_of
from training.evaluation.dev import Evaluator
from training.model.hashes import renew_hashes
from training.model.tokenizer import WordTokenizer
from training.model.weights import HEADS, load_encoder

# Beyond these something else is wrong.
BOUNDS = (0.25, 4.0)
WORDS = 30_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--dry-run", action="store_true", help="leave the file as it is"
    )
    parser.add_argument("--fast", action="store_true", help="compute in bfloat16")
    parser.add_argument(
        "--words", type=int, default=WORDS, help="of each corpus, the first ones"
    )
    parser.add_argument("--config", type=Path, default=HERE / "config.toml")
    parser.add_argument("--corpora", type=Path, default=DEFAULT_CORPORA)
    arguments = parser.parse_args()
    config = load_config(arguments.config)
    tokenizer = WordTokenizer(GGUFReader(arguments.model))
    model = load_encoder(arguments.model)
    evaluator = Evaluator(model, tokenizer, config, arguments.fast)
    trained = read_trained_sentences(arguments.corpora, config)
    found = find_mentions(
        evaluator, config, arguments.corpora, trained, arguments.words
    )
    temperatures = {kind: fit(mentions) for kind, mentions in found.items()}
    if not arguments.dry_run:
        divide_heads(arguments.model, temperatures)
    report = {
        kind: {
            "temperature": round(temperature, 4),
            "mentions": found[kind].by_corpus(),
            "before": calibration_of(found[kind]).as_json(),
            "after": calibration_of(found[kind], temperature).as_json(),
        }
        for kind, temperature in temperatures.items()
    }
    print(json.dumps(report, indent=2) if arguments.json else render(report))


def find_mentions(
    evaluator: Evaluator,
    config: Config,
    folder: Path,
    trained: SentenceSet,
    words: int,
) -> dict[str, Mentions]:
    """What the wording without a dataset finds, in the corpora whose guidelines it follows."""
    found = {kind: Mentions() for kind in TYPES}
    for corpus in filter(lambda corpus: corpus.adaptive, config.corpora):
        texts = read_held_out(folder, corpus, CALIBRATION, trained)
        if not texts:
            continue
        texts = first_words(texts, words)
        passages = [
            for_adaptive(passage, corpus)
            for passage in evaluator.passages(texts, alone=False)
        ]
        samples = [evaluator.sample(passage, None) for passage in passages]
        for passage, logits in zip(passages, evaluator.logits(samples), strict=True):
            for kind, gold in passage.labels.items():
                found[kind].add(corpus.name, logits[:, TYPES.index(kind)], gold)
    return found


def fit(mentions: Mentions) -> float:
    """The temperature of the least log loss: a grid, then a finer one around its best.

    The Brier score would give up the many high scores, where agreement matters, for the few low ones.
    """
    if not mentions.right:
        return 1.0
    low, high = map(math.log, BOUNDS)
    best = 0.0
    for _ in range(3):
        grid = torch.linspace(low, high, 33)
        losses = [
            calibration_of(mentions, value.exp().item()).log_loss for value in grid
        ]
        best = grid[losses.index(min(losses))].item()
        step = (grid[1] - grid[0]).item()
        low, high = max(best - step, low), min(best + step, high)
    return math.exp(best)


def divide_heads(path: Path, temperatures: Mapping[str, float]) -> None:
    """Whoever reads the file meanwhile sees the old one or the new one."""
    divisors = {
        f"{HEADS}{TYPES.index(kind)}.{part}": temperature
        for kind, temperature in temperatures.items()
        for part in ("weight", "bias")
    }
    partial = path.with_suffix(".partial")
    shutil.copyfile(path, partial)
    reader = GGUFReader(partial, "r+")
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    for name, divisor in divisors.items():
        if tensors[name].tensor_type != GGMLQuantizationType.F32:
            raise SystemExit(f"{name} is not F32: it cannot be divided exactly")
        tensors[name].data[:] /= divisor
    renew_hashes(reader)
    reader.data.flush()
    partial.replace(path)


def render(report: Mapping[str, dict]) -> str:
    lines = []
    for kind, row in report.items():
        corpora = ", ".join(
            f"{name} {count}" for name, count in row["mentions"].items()
        )
        lines.append(f"{kind}: temperature {row['temperature']} ({corpora})")
        for when in ("before", "after"):
            found = row[when]
            lines.append(
                f"  {when}: expected calibration error {found['error']}, log loss {found['log_loss']}"
            )
            for bin in found["bins"]:
                if bin["count"]:
                    lines.append(
                        f"    {bin['low']:.1f} to {bin['high']:.1f}: {bin['count']:5d} entities, "
                        f"mean score {bin['score']:.3f}, precision {bin['precision']:.3f}"
                    )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
