"""Reads config.toml into typed values."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
DEFAULT_CORPORA = HERE.parent.parent / "shared" / "bioner"


@dataclass(frozen=True)
class Source:
    requirement: str
    wheel_sha256: str
    member: str


@dataclass(frozen=True)
class ModelConfig:
    layers: int
    embedding_type: str  # ggml types that the file stores weights as
    attention_type: str
    feed_forward_type: str
    max_tokens: int


@dataclass(frozen=True)
class Instruction:
    template: str
    adaptive_template: str
    adaptive_share: float
    joined_share: float  # of the sentences, those that share a sequence
    joined_words: int  # about how many words such a sequence has

    def text(self, entity_type: str, dataset: str | None) -> str:
        template = self.adaptive_template if dataset is None else self.template
        return template.replace("{entityType}", entity_type).replace(
            "{dataset}", dataset or ""
        )


@dataclass(frozen=True)
class Dense:
    """Lists of terms, in which those of the asked type are tagged."""

    share: float  # of the sequences of an epoch, how many such lists are added
    terms: tuple[int, int]  # fewest and most in a list
    knowledge_share: float  # of the terms; the others are mentions of the training sets


@dataclass(frozen=True)
class Training:
    seed: int
    epochs: float
    batch_tokens: int
    learning_rate: float
    head_learning_rate: float
    weight_decay: float
    warmup: float
    clip: float
    checkpoint_seconds: int


@dataclass(frozen=True)
class Adaptation:
    seed: int
    steps: int
    learning_rate: float
    mixed_share: float  # of the sequences, those that meet any of the instructions


@dataclass(frozen=True)
class Corpus:
    folder: str
    dataset: str
    type: str
    split: str = "train"  # what is trained on
    share: float = 1.0  # of the training sentences that name an entity, the share drawn for an epoch
    empty_share: float = 1.0  # of those that name none
    repeat: int = 1  # how often an epoch goes through it
    drop: tuple[
        tuple[int, int], ...
    ] = ()  # ranges of training sentences, first and last, that are left out

    @property
    def pair(self) -> str:
        return f"{self.dataset}:{self.type}"


@dataclass(frozen=True)
class Config:
    source: Source
    model: ModelConfig
    instruction: Instruction
    dense: Dense
    training: Training
    adaptation: Adaptation
    corpora: tuple[Corpus, ...]


def load_config(path: Path) -> Config:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    corpora = []
    for entry in table["corpora"]:
        drop = tuple((first, last) for first, last in entry.pop("drop", ()))
        corpora.append(Corpus(**entry, drop=drop))
    return Config(
        source=Source(**table["source"]),
        model=ModelConfig(**table["model"]),
        instruction=Instruction(**table["instruction"]),
        dense=Dense(**{**table["dense"], "terms": tuple(table["dense"]["terms"])}),
        training=Training(**table["training"]),
        adaptation=Adaptation(**table["adaptation"]),
        corpora=tuple(corpora),
    )
