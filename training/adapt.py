"""Teaches a trained model whose instruction sees the input to do without: it reproduces what it was.

python -m training.adapt --start models/vaner-smollm2.gguf --run adapted

The model is its own teacher, so no labels are needed, and any instruction can stand before any sentence.
"""

import argparse
import random
import time
from dataclasses import replace
from pathlib import Path

import torch
from gguf import GGUFReader
from torch import Tensor
from torch.nn import functional as F

from training.config import DEFAULT_CORPORA, HERE, Config, load_config
from training.corpora import training_data
from training.dense import DenseTerms
from training.model import Encoder
from training.samples import (
    Sample,
    count_rows,
    epoch_samples,
    fill,
    pack,
    shuffled_batches,
)
from training.source import base_model
from training.tokenizer import WordTokenizer
from training.train import (
    build_optimizer,
    descend,
    log,
    log_step,
    report,
    resume,
    save,
    set_rate,
)
from training.weights import start_encoder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--start", type=Path, required=True, help="the trained model")
    parser.add_argument("--run", default="adapted")
    parser.add_argument("--config", type=Path, default=HERE / "config.toml")
    parser.add_argument("--corpora", type=Path, default=DEFAULT_CORPORA)
    arguments = parser.parse_args()
    config = load_config(arguments.config)
    torch.manual_seed(config.adaptation.seed)
    folder = HERE / "runs" / arguments.run
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = WordTokenizer(GGUFReader(base_model(config.source)))
    student = start_encoder(arguments.start, config.model)
    teacher = start_encoder(arguments.start, config.model).requires_grad_(False)
    longest = GGUFReader(arguments.start).get_field("vaner.max_tokens").contents()
    adapt(
        student,
        teacher,
        longest,
        tokenizer,
        config,
        arguments.corpora,
        folder / "checkpoint.pt",
    )


def adapt(
    student: Encoder,
    teacher: Encoder,
    longest: int,
    tokenizer: WordTokenizer,
    config: Config,
    corpora: Path,
    checkpoint: Path,
) -> None:
    settings = config.adaptation
    student.cls.requires_grad_(False)  # what it reads shall stay what it was
    training = replace(config.training, learning_rate=settings.learning_rate)
    optimizer = build_optimizer(student, replace(config, training=training))
    progress = resume(checkpoint, student, optimizer)
    data = training_data(corpora, config)
    dense = DenseTerms(config.dense, corpora, data) if config.dense.share else None
    samples = epoch_samples(data, config, tokenizer, 0, dense)
    samples = mix_instructions(samples, config, tokenizer)
    rows = training.batch_tokens
    batches = shuffled_batches(samples, rows, f"{settings.seed}/batches")
    batches = batches[: settings.steps]
    progress.longest = max(progress.longest, longest, *map(len, samples))
    log(f"{len(batches)} steps, {progress.step} done")
    saved = time.monotonic()
    differences: list[float] = []
    while progress.step < len(batches):
        start = time.monotonic()
        done = (progress.step + 1) / len(batches)
        set_rate(optimizer, done, training.warmup)
        chosen = batches[progress.step]
        whole = [whole_sequence(sample) for sample in chosen]
        # As in fill(): few different numbers of rows, each of which costs a compilation.
        whole = fill(whole, -(-count_rows(whole) // rows) * rows)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            with torch.no_grad():
                batch = pack(whole)
                expected = teacher.hidden(batch)[batch.word_rows].float()
            batch = pack(fill(chosen, rows))
            rows_of_words = student.hidden(batch)[batch.word_rows].float()
        loss = difference(teacher, rows_of_words, expected)
        differences.append(descend(loss, student, optimizer, training.clip))
        progress.step += 1
        progress.tokens += len(batch.tokens)
        progress.seconds += time.monotonic() - start
        if progress.step % 20 == 0:
            log_step(progress, done, differences)
        if time.monotonic() - saved > training.checkpoint_seconds:
            save(checkpoint, student, optimizer, progress)
            saved = time.monotonic()
    save(checkpoint, student, optimizer, progress)
    report(student, tokenizer, config, corpora, fast=True)
    log(f"done: {progress.tokens} tokens in {progress.seconds:.0f} s")


def mix_instructions(
    samples: list[Sample], config: Config, tokenizer: WordTokenizer
) -> list[Sample]:
    """Puts any of the instructions before some of the samples: also those for types that their corpus knows nothing of."""
    draw = random.Random(f"{config.adaptation.seed}/instructions")
    pairs = {
        (corpus.type, dataset)
        for corpus in config.corpora
        for dataset in (corpus.dataset, None)
    }
    instructions = [
        tokenizer.instruction(config.instruction.text(*pair))
        for pair in sorted(pairs, key=str)
    ]
    return [
        replace(sample, instruction=draw.choice(instructions))
        if draw.random() < config.adaptation.mixed_share
        else sample
        for sample in samples
    ]


def whole_sequence(sample: Sample) -> Sample:
    """The same with an instruction that sees the words: one part of the batch."""
    before = len(sample.instruction)
    return Sample(
        (),
        sample.instruction + sample.tokens,
        tuple(start + before for start in sample.word_starts),
        sample.labels,
    )


def difference(teacher: Encoder, states: Tensor, expected: Tensor) -> Tensor:
    """Of the final hidden states, relative to their size, and of the labels' distributions."""
    apart = (states - expected).square().sum() / expected.square().sum()
    head = teacher.cls["output"]
    wrong = F.kl_div(
        head(states).log_softmax(-1),
        head(expected).log_softmax(-1),
        log_target=True,
        reduction="batchmean",
    )
    return apart + wrong


if __name__ == "__main__":
    main()
