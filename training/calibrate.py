"""Makes scores agree with precision: finds a line between the log odds of both for every head (Platt scaling).

python -m training.calibrate models/vaner-smollm2.gguf

Only `vaner.score.slopes` and `vaner.score.offsets` change, so a head's labels stay what they are.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from gguf import GGUFReader
from torch.nn import functional as F

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
from training.model.scores import Line, write_lines
from training.model.tokenizer import WordTokenizer
from training.model.weights import load_encoder

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
    lines = {kind: fit(mentions) for kind, mentions in found.items()}
    if not arguments.dry_run:
        write_lines(arguments.model, lines)
    report = {
        kind: {
            "slope": round(line.slope, 4),
            "offset": round(line.offset, 4),
            "mentions": found[kind].by_corpus(),
            "before": calibration_of(found[kind]).as_json(),
            "after": calibration_of(found[kind], line).as_json(),
        }
        for kind, line in lines.items()
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


def fit(mentions: Mentions) -> Line:
    """The line of the least log loss."""
    if len(set(mentions.right)) < 2:
        return Line()  # nothing tells right from wrong
    odds = mentions.log_odds().double()
    right = torch.tensor(mentions.right, dtype=torch.float64)
    # The slope is above 0: more probable mentions have higher scores.
    line = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([line], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        scores = line[0].exp() * odds + line[1]
        value = F.binary_cross_entropy_with_logits(scores, right)
        value.backward()
        return value

    optimizer.step(loss)
    return Line(line[0].exp().item(), line[1].item())


def render(report: Mapping[str, dict]) -> str:
    lines = []
    for kind, row in report.items():
        corpora = ", ".join(
            f"{name} {count}" for name, count in row["mentions"].items()
        )
        lines.append(
            f"{kind}: slope {row['slope']}, offset {row['offset']} ({corpora})"
        )
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
