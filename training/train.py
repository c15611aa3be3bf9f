"""Trains the model; started again, it goes on from the last checkpoint.

python -m training.train --run second
python -m training.train --run second --decay 1000   # the last 1000 steps, with a falling rate
"""

import argparse
import hashlib
import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from gguf import GGUFReader

from training.config import DEFAULT_CORPORA, HERE, Config, Start, load_config
from training.data.batches import shuffled_batches
from training.data.corpus import read_split, training_data
from training.data.dense import read_knowledge
from training.data.samples import Sample, Sampler
from training.evaluation.dev import Evaluator, Job, first_texts
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
    jobs = dev_jobs(arguments.corpora, config)
    train(run, sampler, Evaluator(model, tokenizer, config, run.fast), jobs)
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


def dev_jobs(folder: Path, config: Config) -> list[Job]:
    """A few dev texts of the corpora that say how many, to see where the run stands."""
    jobs = []
    for corpus in config.corpora:
        if not corpus.dev:
            continue
        texts = first_texts(read_split(folder, corpus, "dev"), corpus.dev)
        jobs.append(Job(corpus, texts, corpus.datasets[0]))
        # Without a dataset where that wording learnt all types of the corpus.
        if set(corpus.adaptive) == set(corpus.types):
            jobs.append(Job(corpus, texts, None))
    return jobs


def train(
    run: Run, sampler: Sampler, evaluator: Evaluator, jobs: Sequence[Job]
) -> None:
    training, progress = run.config.training, run.progress
    saved = time.monotonic()
    run.model.train()
    while not (run.stopping or run.is_over):
        batches = draw_batches(run, sampler)
        while progress.batch < len(batches) and not (run.stopping or run.is_over):
            train_step(run, batches[progress.batch])
            if time.monotonic() - saved > training.checkpoint_seconds:
                run.save()
                saved = time.monotonic()
            if progress.step % training.evaluate_steps == 0:
                report(run, evaluator, jobs)
        if progress.batch == len(batches):
            progress.round, progress.batch = progress.round + 1, 0
    run.save()
    if run.is_over:
        report(run, evaluator, jobs)
    end = "done" if run.is_over else "stopped"
    log(f"{end}: {progress.step} steps, {progress.tokens} tokens")


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


def report(run: Run, evaluator: Evaluator, jobs: Sequence[Job]) -> None:
    """F1 of the averaged weights on a few dev texts."""
    start = time.monotonic()
    with run.average.applied(run.model):
        found = evaluator.scores(jobs)
    rows = {
        f"{job.corpus.name}:{kind} {'named' if job.dataset else 'adaptive'}": round(
            100 * result.f1, 2
        )
        for job, results in zip(jobs, found, strict=True)
        for kind, result in results.items()
    }
    progress = run.progress
    run.journal.write("dev", step=progress.step, tokens=progress.tokens, f1=rows)
    values = ", ".join(f"{name} {f1}" for name, f1 in rows.items())
    log(f"dev F1 after {time.monotonic() - start:.0f} s: {values}")


if __name__ == "__main__":
    main()
