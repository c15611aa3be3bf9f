"""Saves and restores a run, so that the same command goes on where it was."""

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from training.loop.average import Average
from training.loop.schedule import Decay
from training.model.encoder import Encoder

FROZEN = "token_embd.weight"  # it is in the model that the run started from


@dataclass
class Progress:
    round: int = 0
    batch: int = 0  # batches of this round that are done
    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    longest: int = 0  # longest sequence seen so far: vaner.max_tokens
    decay: Decay | None = None


@dataclass(frozen=True)
class Store:
    """Where a run's newest checkpoint lies, and a second place in case the first is lost."""

    folder: Path
    mirror: Path | None = None

    @property
    def path(self) -> Path:
        return self.folder / "checkpoint.pt"

    def save(
        self,
        model: Encoder,
        average: Average,
        optimizer: torch.optim.Optimizer,
        progress: Progress,
    ) -> None:
        weights = {n: w for n, w in model.state_dict().items() if n != FROZEN}
        state = {
            "weights": weights,
            "average": average.weights,
            "optimizer": optimizer.state_dict(),
            "progress": asdict(progress),
        }
        partial = self.path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(self.path)
        if self.mirror:
            copy(self.path, self.mirror / self.path.name)

    def find(self) -> Path | None:
        """The newest checkpoint, if there is one."""
        places = [self.folder, self.mirror] if self.mirror else [self.folder]
        found = [place / self.path.name for place in places]
        found = [path for path in found if path.exists()]
        return max(found, key=lambda path: path.stat().st_mtime, default=None)


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    shutil.copyfile(source, partial)
    partial.replace(target)


def resume(
    path: Path | None,
    model: Encoder,
    average: Average,
    optimizer: torch.optim.Optimizer | None = None,
) -> Progress:
    if path is None:
        return Progress()
    state = torch.load(path, weights_only=True, map_location="cpu")
    missing, unexpected = model.load_state_dict(state["weights"], strict=False)
    if unexpected or missing != [FROZEN]:
        raise SystemExit(f"{path} belongs to another configuration")
    for name, weight in average.weights.items():
        weight.copy_(state["average"][name])
    if optimizer is not None:
        optimizer.load_state_dict(state["optimizer"])
    progress = state["progress"]
    decay = progress.pop("decay")
    return Progress(**progress, decay=Decay(**decay) if decay else None)
