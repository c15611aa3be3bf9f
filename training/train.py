"""Trains the model; started again, it goes on from the last checkpoint.

python -m training.train --run second
python -m training.train --run second --decay 1000   # the last 1000 steps, with a falling rate
"""

import argparse
import hashlib
import shutil
import signal
import time
from pathlib import Path

import torch
from gguf import GGUFReader

from training.config import DEFAULT_CORPORA, HERE, Config, Corpus, Start, load_config
from training.data.batches import shuffled_batches
from training.data.corpus import read_split, training_data
from training.data.dense import read_knowledge
from training.data.samples import Sample, Sampler
from training.data.sentences import Text
from training.evaluation.dev import Evaluator, first_texts
from training.loop.checkpoint import Store
from training.loop.journal import claim, log
from training.loop.run import Run, prepare, train_step
from training.loop.schedule import Decay
from training.model.tokenizer import WordTokenizer
from training.model.weights import start_encoder


def main() -> None:
    arguments = read_arguments()
    config = load_config(arguments.config)
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(config.training.seed)
    folder = arguments.runs / arguments.run
    lock = claim(folder)
    start = start_file(config.start, folder)
    mirror = arguments.mirror / arguments.run if arguments.mirror else None
    if mirror and not (mirror / start.name).exists():
        mirror.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(start, mirror / start.name)
    tokenizer = WordTokenizer(GGUFReader(start))
    model = start_encoder(start, config.model).to(arguments.device)
    run = prepare(model, config, Store(folder, mirror), arguments.precision == "bf16")
    if arguments.decay and run.progress.decay is None:
        run.progress.decay = Decay(run.progress.step, arguments.decay)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, run.stop)
    data = training_data(arguments.corpora, config)
    for loaded in data:
        sentences = sum(map(len, loaded.texts))
        log(f"{loaded.corpus.name}: {len(loaded.texts)} texts, {sentences} sentences")
    knowledge = read_knowledge(arguments.corpora)
    sampler = Sampler(data, config, tokenizer, knowledge)
    dev = dev_texts(arguments.corpora, config)
    train(run, sampler, Evaluator(model, tokenizer, config, run.fast), dev)
    lock.close()


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", default="second", help="name of the run's folder")
    parser.add_argument("--runs", type=Path, default=HERE / "runs")
    parser.add_argument(
        "--mirror", type=Path, help="a second folder for the newest checkpoint"
    )
    parser.add_argument("--config", type=Path, default=HERE / "config.toml")
    parser.add_argument("--corpora", type=Path, default=DEFAULT_CORPORA)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--decay", type=int, help="let the rate fall over so many steps, then end"
    )
    parser.add_argument(
        "--precision",
        choices=("bf16", "f32"),
        default="bf16",
        help="of products and attention; f32 on processors without bfloat16 products",
    )
    return parser.parse_args()


def start_file(start: Start, folder: Path) -> Path:
    """The model that the run starts from, kept beside its checkpoints: a later release takes its place in models/."""
    kept = folder / "start.gguf"
    if not kept.exists():
        shutil.copyfile(HERE.parent / start.file, kept)
    found = hashlib.sha256(kept.read_bytes()).hexdigest()
    if found != start.sha256:
        kept.unlink()
        raise SystemExit(
            f"{start.file} has SHA-256 {found}, not the release that config.toml names"
        )
    return kept


def dev_texts(folder: Path, config: Config) -> list[tuple[Corpus, list[Text]]]:
    """A few dev texts of every corpus that has some, to see where the run stands."""
    return [
        (corpus, first_texts(read_split(folder, corpus, "dev"), corpus.dev))
        for corpus in config.corpora
        if corpus.dev
    ]


def train(
    run: Run,
    sampler: Sampler,
    evaluator: Evaluator,
    dev: list[tuple[Corpus, list[Text]]],
) -> None:
    training, progress = run.config.training, run.progress
    saved = evaluated = time.monotonic()
    run.model.train()
    while not (run.stopping or run.is_over):
        batches = draw_batches(run, sampler)
        while progress.batch < len(batches) and not (run.stopping or run.is_over):
            train_step(run, batches[progress.batch])
            if time.monotonic() - saved > training.checkpoint_seconds:
                run.save()
                saved = time.monotonic()
            if time.monotonic() - evaluated > training.evaluate_seconds:
                report(run, evaluator, dev)
                evaluated = time.monotonic()
        if progress.batch == len(batches):
            progress.round, progress.batch = progress.round + 1, 0
    run.save()
    if run.is_over:
        report(run, evaluator, dev)
    log(
        f"{'done' if run.is_over else 'stopped'}: {progress.step} steps, {progress.tokens} tokens"
    )


def draw_batches(run: Run, sampler: Sampler) -> list[list[Sample]]:
    training, progress = run.config.training, run.progress
    samples = sampler.draw_round(progress.round)
    seed = f"{training.seed}/{progress.round}"
    batches = shuffled_batches(samples, training.batch_tokens, seed)
    progress.longest = max(progress.longest, *map(len, samples))
    tokens = sum(len(sample.tokens) for sample in samples)
    log(
        f"round {progress.round}: {len(samples)} samples, {tokens} tokens, {len(batches)} batches"
    )
    return batches


def report(
    run: Run, evaluator: Evaluator, dev: list[tuple[Corpus, list[Text]]]
) -> None:
    """F1 of the averaged weights: by dataset, and without one for what that wording learns."""
    start = time.monotonic()
    rows: dict[str, float] = {}
    with run.average.applied(run.model):
        for corpus, texts in dev:
            wordings = [corpus.datasets[0]]
            if set(corpus.adaptive) == set(corpus.types):
                wordings = [None] if len(corpus.types) > 2 else [*wordings, None]
            for dataset in wordings:
                found = evaluator.scores(texts, corpus, dataset, alone=False)
                wording = "named" if dataset else "adaptive"
                for kind, result in found.items():
                    rows[f"{corpus.name}:{kind} {wording}"] = round(100 * result.f1, 2)
    run.journal.write(
        "dev", step=run.progress.step, tokens=run.progress.tokens, f1=rows
    )
    seconds = time.monotonic() - start
    log(
        f"dev F1 after {seconds:.0f} s: {', '.join(f'{k} {v}' for k, v in rows.items())}"
    )


if __name__ == "__main__":
    main()
