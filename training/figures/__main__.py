"""Measures the figures of the model card; started again, it goes on where it was.

python -m training.figures                        # dev splits, everything
python -m training.figures engine --split test    # test splits, once, at the end
python -m training.figures --card                 # writes what was measured into models/README.md

Sections: `dev` and `calibration` (PyTorch), `engine` and `cost` (the built package), `curve` (the run's journal).
"""

import argparse
from functools import cache, partial
from pathlib import Path

from gguf import GGUFReader

from training.calibrate import WORDS
from training.config import DEFAULT_CORPORA, HERE, load_config
from training.data.held_out import read_trained_sentences
from training.evaluation.dev import Evaluator
from training.figures.by_engine import measure_cost, measure_raw_text, measure_sets
from training.figures.by_torch import measure_calibration, measure_dev
from training.figures.card import write_card
from training.figures.curve import read_curve
from training.figures.store import Store
from training.model.scores import read_lines
from training.model.tokenizer import WordTokenizer
from training.model.weights import load_encoder

MODELS = HERE.parent / "models"
SECTIONS = ("curve", "engine", "cost", "calibration", "dev")


def main() -> None:
    arguments = read_arguments()
    config = load_config(arguments.config)
    model, folder = arguments.model, arguments.corpora
    store = Store(arguments.out or model.with_suffix(".json"), model)
    if arguments.card:
        write_card(MODELS / "README.md", store.document)
        return

    @cache
    def trained():
        return read_trained_sentences(folder, config)

    @cache
    def evaluator() -> Evaluator:
        tokenizer = WordTokenizer(GGUFReader(model))
        return Evaluator(load_encoder(model), tokenizer, config, arguments.fast)

    def by_torch(measure) -> None:
        measure(store, evaluator(), config, folder, trained(), arguments.words)

    def engine() -> None:
        measure_sets(store, model, folder, arguments.split, config)
        measure_raw_text(store, model, folder, arguments.split, trained(), config)

    steps = {
        "curve": lambda: store.replace("curve", read_curve(arguments.run)),
        "engine": engine,
        "cost": lambda: measure_cost(store, model, folder),
        "calibration": lambda: by_torch(
            partial(measure_calibration, lines=read_lines(GGUFReader(model)))
        ),
        "dev": lambda: by_torch(measure_dev),
    }
    chosen = SECTIONS if "all" in arguments.sections else arguments.sections
    for section in chosen:
        steps[section]()


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "sections", nargs="*", choices=("all", *SECTIONS), default="all"
    )
    parser.add_argument("--model", type=Path, default=MODELS / "vaner-smollm2.gguf")
    parser.add_argument("--out", type=Path, help="default: the model's name, .json")
    parser.add_argument("--card", action="store_true", help="only write the card")
    parser.add_argument(
        "--split", choices=("dev", "test"), default="dev", help="of `engine`"
    )
    parser.add_argument("--fast", action="store_true", help="compute in bfloat16")
    parser.add_argument(
        "--words", type=int, default=WORDS, help="of each dev split, the first ones"
    )
    parser.add_argument("--run", type=Path, default=HERE / "runs" / "second")
    parser.add_argument("--config", type=Path, default=HERE / "config.toml")
    parser.add_argument("--corpora", type=Path, default=DEFAULT_CORPORA)
    return parser.parse_args()


if __name__ == "__main__":
    main()
