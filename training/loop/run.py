"""A training run: what it needs at every step, and the step."""

import time
from dataclasses import dataclass, field

import torch
from torch import Tensor

from training.config import Config
from training.data.batches import fill, pack
from training.data.samples import Sample
from training.loop.average import Average
from training.loop.checkpoint import Progress, Store, resume
from training.loop.journal import Journal, log
from training.loop.loss import TagLoss
from training.loop.schedule import rate, set_rate
from training.model.encoder import Encoder

LOG_STEPS = 10


@dataclass
class Run:
    model: Encoder
    average: Average
    optimizer: torch.optim.AdamW
    loss: TagLoss
    config: Config
    progress: Progress
    store: Store
    journal: Journal
    fast: bool
    stopping: bool = False
    losses: list[float] = field(default_factory=list)  # since the last log line
    logged: float = field(default_factory=time.monotonic)
    worked: float = field(default_factory=time.process_time)

    @property
    def device(self) -> torch.device:
        return next(self.model.parameters()).device

    @property
    def is_over(self) -> bool:
        decay = self.progress.decay
        return decay is not None and self.progress.step >= decay.end

    def save(self) -> None:
        self.store.save(self.model, self.average, self.optimizer, self.progress)

    def stop(self, *_: object) -> None:
        """Asks for an end after the step that runs."""
        self.stopping = True


def prepare(model: Encoder, config: Config, store: Store, fast: bool) -> Run:
    training = config.training
    average = Average(model, training.average_decay, training.average_every)
    optimizer = build_optimizer(model, config)
    progress = resume(store.find(), model, average, optimizer)
    device = next(model.parameters()).device
    if progress.step:
        log(f"resumed at step {progress.step}, round {progress.round}")
    return Run(
        model,
        average,
        optimizer,
        TagLoss(config.loss, device),
        config,
        progress,
        store,
        Journal(store.folder),
        fast,
    )


def build_optimizer(model: Encoder, config: Config) -> torch.optim.AdamW:
    training = config.training
    heads = list(model.cls.parameters())
    norms = [weight for name, weight in model.named_parameters() if "norm" in name]
    matrices = [weight for weight in model.blk.parameters() if weight.ndim == 2]
    groups = [
        {
            "params": matrices,
            "peak": training.learning_rate,
            "weight_decay": training.weight_decay,
        },
        {"params": norms, "peak": training.learning_rate, "weight_decay": 0.0},
        {"params": heads, "peak": training.head_learning_rate, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), fused=True)


def train_step(run: Run, samples: list[Sample]) -> None:
    start = time.monotonic()
    training, progress, model = run.config.training, run.progress, run.model
    set_rate(run.optimizer, rate(progress.step, training.warmup_steps, progress.decay))
    # Dropout is the same wherever the run was interrupted.
    torch.manual_seed(training.seed + progress.step)
    batch = pack(fill(samples, training.batch_tokens)).to(run.device)
    with torch.autocast(run.device.type, dtype=torch.bfloat16, enabled=run.fast):
        logits = model(batch)
    run.losses.append(descend(run, run.loss(logits, batch.labels)))
    progress.batch += 1
    progress.step += 1
    run.average.update(model, progress.step)
    progress.tokens += len(batch.tokens)
    progress.seconds += time.monotonic() - start
    if progress.step % LOG_STEPS == 0:
        log_step(run)


def descend(run: Run, loss: Tensor) -> float:
    loss.backward()
    torch.nn.utils.clip_grad_norm_(run.model.parameters(), run.config.training.clip)
    run.optimizer.step()
    run.optimizer.zero_grad(set_to_none=True)
    return loss.item()


def log_step(run: Run) -> None:
    progress = run.progress
    mean = sum(run.losses) / len(run.losses)
    tokens = len(run.losses) * run.config.training.batch_tokens
    speed = tokens / (time.monotonic() - run.logged)
    # Of both cores; on a busy machine it says more about the code than the clock does.
    work = (time.process_time() - run.worked) / len(run.losses)
    run.losses.clear()
    run.logged, run.worked = time.monotonic(), time.process_time()
    log(
        f"step {progress.step} loss {mean:.4f} {speed:.0f} tokens/s, {work:.1f} processor seconds a step"
    )
    run.journal.write(
        "train",
        step=progress.step,
        tokens=progress.tokens,
        seconds=round(progress.seconds),
        loss=round(mean, 5),
    )
