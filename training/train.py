"""Trains the model; started again, it goes on from the last checkpoint.

python -m training.train --run first
"""

import argparse
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from gguf import GGUFReader
from torch import Tensor
from torch.nn import functional as F

from training.config import DEFAULT_CORPORA, HERE, Config, load_config
from training.corpora import read_split, training_data
from training.dense import DenseTerms
from training.evaluate import evaluate
from training.model import Encoder
from training.samples import Batch, epoch_samples, fill, pack, shuffled_batches
from training.source import base_model
from training.tokenizer import WordTokenizer
from training.weights import start_encoder


@dataclass
class Progress:
    epoch: int = 0
    batch: int = 0  # batches of this epoch that are done
    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    longest: int = 0  # longest sequence seen so far: vaner.max_tokens


def build_optimizer(model: Encoder, config: Config) -> torch.optim.AdamW:
    training = config.training
    head = list(model.cls.parameters())
    norms = [weight for name, weight in model.named_parameters() if "norm" in name]
    matrices = [weight for weight in model.blk.parameters() if weight.ndim == 2]
    groups = [
        {
            "params": matrices,
            "peak": training.learning_rate,
            "weight_decay": training.weight_decay,
        },
        {"params": norms, "peak": training.learning_rate, "weight_decay": 0.0},
        {"params": head, "peak": training.head_learning_rate, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), fused=True)


def rate(done: float, warmup: float) -> float:
    """Share of the peak learning rate: linear up, then linear down to nothing."""
    return done / warmup if done < warmup else max(0.0, (1 - done) / (1 - warmup))


def save(
    path: Path, model: Encoder, optimizer: torch.optim.Optimizer, progress: Progress
) -> None:
    # The frozen embedding is in the base model already.
    weights = {
        name: weight
        for name, weight in model.state_dict().items()
        if not name.startswith("token_embd")
    }
    state = {
        "weights": weights,
        "optimizer": optimizer.state_dict(),
        "progress": vars(progress),
    }
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def resume(
    path: Path, model: Encoder, optimizer: torch.optim.Optimizer | None = None
) -> Progress:
    if not path.exists():
        return Progress()
    state = torch.load(path, weights_only=True)
    missing, unexpected = model.load_state_dict(state["weights"], strict=False)
    if unexpected or missing != ["token_embd.weight"]:
        raise SystemExit(f"{path} belongs to another configuration")
    if optimizer is not None:
        optimizer.load_state_dict(state["optimizer"])
    return Progress(**state["progress"])


def log(message: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {message}", file=sys.stderr, flush=True)


def log_step(progress: Progress, done: float, losses: list[float]) -> None:
    speed = progress.tokens / progress.seconds
    mean = sum(losses[-20:]) / len(losses[-20:])
    log(f"step {progress.step} {done:.1%} loss {mean:.4f} {speed:.0f} tokens/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--run", default="default", help="name of the run's folder under training/runs"
    )
    parser.add_argument("--config", type=Path, default=HERE / "config.toml")
    parser.add_argument("--corpora", type=Path, default=DEFAULT_CORPORA)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument(
        "--start", type=Path, help="a trained model to go on from, not the base model"
    )
    parser.add_argument(
        "--precision",
        choices=("bf16", "f32"),
        default="bf16",
        help="of products and attention; f32 on processors without bfloat16 products",
    )
    arguments = parser.parse_args()
    config = load_config(arguments.config)
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(config.training.seed)
    folder = HERE / "runs" / arguments.run
    folder.mkdir(parents=True, exist_ok=True)

    base = base_model(config.source)
    tokenizer = WordTokenizer(GGUFReader(base))
    model = start_encoder(arguments.start or base, config.model)
    fast = arguments.precision == "bf16"
    train(model, tokenizer, config, arguments.corpora, folder / "checkpoint.pt", fast)


def train(
    model: Encoder,
    tokenizer: WordTokenizer,
    config: Config,
    corpora: Path,
    checkpoint: Path,
    fast: bool,
) -> None:
    training = config.training
    data = training_data(corpora, config)
    dense = DenseTerms(config.dense, corpora, data) if config.dense.share else None
    optimizer = build_optimizer(model, config)
    progress = resume(checkpoint, model, optimizer)
    if progress.step:
        log(f"resumed at epoch {progress.epoch}, batch {progress.batch}")
    saved = time.monotonic()
    while progress.epoch < training.epochs:
        samples = epoch_samples(data, config, tokenizer, progress.epoch, dense)
        seed = f"{training.seed}/{progress.epoch}"
        batches = shuffled_batches(samples, training.batch_tokens, seed)
        # The last epoch may be a part of one.
        wanted = math.ceil(min(1.0, training.epochs - progress.epoch) * len(batches))
        progress.longest = max(progress.longest, *map(len, samples))
        tokens = sum(len(sample.tokens) for sample in samples)
        log(
            f"epoch {progress.epoch}: {len(samples)} samples, {tokens} tokens, {wanted} of {len(batches)} batches"
        )
        losses: list[float] = []
        while progress.batch < wanted:
            start = time.monotonic()
            done = (
                progress.epoch + (progress.batch + 1) / len(batches)
            ) / training.epochs
            set_rate(optimizer, done, training.warmup)
            batch = pack(fill(batches[progress.batch], training.batch_tokens))
            losses.append(train_step(model, optimizer, batch, training.clip, fast))
            progress.batch += 1
            progress.step += 1
            progress.tokens += len(batch.tokens)
            progress.seconds += time.monotonic() - start
            if progress.step % 20 == 0:
                log_step(progress, done, losses)
            if time.monotonic() - saved > training.checkpoint_seconds:
                save(checkpoint, model, optimizer, progress)
                saved = time.monotonic()
        is_partial = wanted < len(batches)
        if not is_partial:
            progress.epoch, progress.batch = progress.epoch + 1, 0
        save(checkpoint, model, optimizer, progress)
        report(model, tokenizer, config, corpora, fast)
        if is_partial:
            break
    log(
        f"done: {progress.step} steps, {progress.tokens} tokens in {progress.seconds:.0f} s"
    )


def train_step(
    model: Encoder,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    clip: float,
    fast: bool,
) -> float:
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=fast):
        logits = model(batch)
    return descend(F.cross_entropy(logits, batch.labels), model, optimizer, clip)


def set_rate(optimizer: torch.optim.Optimizer, done: float, warmup: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * rate(done, warmup)


def descend(
    loss: Tensor, model: Encoder, optimizer: torch.optim.Optimizer, clip: float
) -> float:
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss.item()


def report(
    model: Encoder,
    tokenizer: WordTokenizer,
    config: Config,
    corpora: Path,
    fast: bool,
) -> None:
    """F1 on a few dev sentences of every corpus, to see where the run stands."""
    for corpus in config.corpora:
        sentences = read_split(corpora, corpus, "dev")[:200]
        result = evaluate(model, tokenizer, config, corpus, sentences, fast=fast)
        log(
            f"dev {corpus.pair} F1 {result.f1:.4f} (P {result.precision:.4f}, R {result.recall:.4f})"
        )


if __name__ == "__main__":
    main()
