"""Reads config.toml into typed values."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

HERE = Path(__file__).resolve().parent
DEFAULT_CORPORA = HERE.parent.parent / "shared" / "bioner"


@dataclass(frozen=True)
class Source:
    """The base model, inside a wheel."""

    requirement: str
    wheel_sha256: str
    member: str


@dataclass(frozen=True)
class Start:
    """The trained model that a run starts from."""

    file: str
    sha256: str
    trained_on: tuple[str, ...]


@dataclass(frozen=True)
class ModelConfig:
    layers: int
    embedding_type: str  # ggml types that the file stores weights as
    attention_type: str
    feed_forward_type: str
    dropout: float  # on the final hidden states


@dataclass(frozen=True)
class Instruction:
    template: str
    adaptive_template: str
    adaptive_share: float  # of the passages whose corpus may do without its name

    def text(self, dataset: str | None) -> str:
        if dataset is None:
            return self.adaptive_template
        return self.template.replace("{dataset}", dataset)


@dataclass(frozen=True)
class Passages:
    max_tokens: int  # instruction included; longer sentences are cut
    tokens: tuple[int, int]  # a passage's length is drawn between these
    single_share: float  # of the passages are one sentence


@dataclass(frozen=True)
class Augmentation:
    swap_share: float  # of the passages, in which mentions become other names
    swapped: float  # of their mentions
    knowledge_share: float  # of the new names; the others are the corpus' own mentions
    case_share: (
        float  # of the passages are set in capitals, small letters or title case
    )
    masked_words: float  # of all words


@dataclass(frozen=True)
class Dense:
    """Lists of terms of all types."""

    share: float  # of the passages of a round, how many lists are added
    terms: tuple[int, int]  # fewest and most in a list
    knowledge_share: float  # of the terms; the others are mentions of the training sets


@dataclass(frozen=True)
class Loss:
    entity_weight: float  # of B and I, where O has 1
    type_weights: Mapping[str, float]


@dataclass(frozen=True)
class Training:
    seed: int
    batch_tokens: int
    learning_rate: float
    head_learning_rate: float
    weight_decay: float
    clip: float
    warmup_steps: int
    average_decay: float  # of the averaged weights, a step
    average_every: int  # steps
    checkpoint_seconds: int
    evaluate_steps: int


@dataclass(frozen=True)
class Corpus:
    name: str
    types: tuple[str, ...]  # annotated completely; only these heads learn from it
    licence: str
    datasets: tuple[str, ...]  # how an instruction may name it
    format: Literal["documents", "conll"]
    folder: str = ""  # of documents
    files: Mapping[str, str] = field(default_factory=dict)  # CoNLL, by type
    consecutive: bool = True  # whether neighbouring CoNLL sentences are of one text
    weight: float = 1.0  # passes through the corpus in a round; 0 = not trained on
    empty_share: float = 1.0  # of the passages without entities
    adaptive: tuple[str, ...] = ()  # types that the nameless instruction learns from it
    # Words whose O says nothing where no dataset is named: other guidelines mark them.
    unsure_words: tuple[str, ...] = ()
    dropped_subtypes: tuple[str, ...] = ()
    unknown_subtypes: tuple[str, ...] = ()
    drop: tuple[tuple[int, int], ...] = ()  # training sentences, first and last
    leaks: int = 0  # most sentences that a test split may hold too; they are dropped
    dev: int = 0  # dev texts in the learning curve; sentences where it is one file

    def pairs(self) -> list[str]:
        """What the file says that it was trained on."""
        kinds = {
            dataset: [kind for kind in self.types if dataset_fits(dataset, kind)]
            for dataset in self.datasets
        }
        return [f"{name}:{kind}" for name, found in kinds.items() for kind in found]


def dataset_fits(dataset: str, kind: str) -> bool:
    """`BC5CDR-chem` is a name for the chemicals of BC5CDR alone."""
    only = {"-chem": "Chemical", "-disease": "Disease"}
    return all(
        kind == meant or not dataset.endswith(ending) for ending, meant in only.items()
    )


@dataclass(frozen=True)
class Config:
    source: Source
    start: Start
    model: ModelConfig
    instruction: Instruction
    passages: Passages
    augmentation: Augmentation
    dense: Dense
    loss: Loss
    training: Training
    corpora: tuple[Corpus, ...]


def read_corpus(entry: dict) -> Corpus:
    """An entry's lists become tuples; which reader it needs follows from what it names."""
    values = {
        key: tuple(map(tuple, value) if key == "drop" else value)
        if isinstance(value, list)
        else value
        for key, value in entry.items()
    }
    values["format"] = "documents" if "folder" in values else "conll"
    values.setdefault("types", tuple(values.get("files", ())))
    values.setdefault("datasets", (values["name"],))
    return Corpus(**values)


def load_config(path: Path = HERE / "config.toml") -> Config:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    start = {**table["start"], "trained_on": tuple(table["start"]["trained_on"])}
    passages = {**table["passages"], "tokens": tuple(table["passages"]["tokens"])}
    dense = {**table["dense"], "terms": tuple(table["dense"]["terms"])}
    return Config(
        source=Source(**table["source"]),
        start=Start(**start),
        model=ModelConfig(**table["model"]),
        instruction=Instruction(**table["instruction"]),
        passages=Passages(**passages),
        augmentation=Augmentation(**table["augmentation"]),
        dense=Dense(**dense),
        loss=Loss(**table["loss"]),
        training=Training(**table["training"]),
        corpora=tuple(map(read_corpus, table["corpora"])),
    )
