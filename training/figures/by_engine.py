"""What the built package measures, as users run it: `vaner eval` on whole splits, and the cost of four types."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from training.config import HERE, Config
from training.data.documents import read_document
from training.data.leaks import SentenceSet
from training.data.sentences import TYPES
from training.figures.store import Store

PACKAGE = HERE.parent / "dist"
COST = HERE / "figures" / "cost.mjs"

# Folder of CoNLL files, type, and the name that an instruction calls it by.
SETS = (
    ("NCBI-disease", "Disease", "ncbi"),
    ("BC5CDR-disease", "Disease", "BC5CDR-disease"),
    ("BC5CDR-chem", "Chemical", "BC5CDR-chem"),
    ("BC2GM", "Gene", "BC2GM"),
    ("JNLPBA", "Gene", "JNLPBA"),
    ("linnaeus", "Species", "linnaeus"),
    ("s800", "Species", "s800"),
)


def measure_sets(
    store: Store, model: Path, folder: Path, split: str, config: Config
) -> None:
    """Words as the corpus gives them; with the name of a dataset and without, in context and alone."""
    apart = {corpus.name for corpus in config.corpora if not corpus.consecutive}
    for name, kind, dataset in SETS:
        path = folder / "conll" / name / f"{split}.tsv"
        for named, alone in product((dataset, None), (False, True)):
            keys = {"set": name, "split": split, "dataset": named, "alone": alone}
            # Sentences that do not follow each other have no context.
            if store.has("sets", **keys) or (name in apart and not alone):
                continue
            found = evaluate(model, path, [kind], named, alone)
            store.add("sets", {**keys, "type": kind, **found})


def measure_raw_text(
    store: Store,
    model: Path,
    folder: Path,
    split: str,
    trained: SentenceSet,
    config: Config,
) -> None:
    """BioRED's documents as they are, all types in one call, no dataset named."""
    lines = (folder / "documents" / "BioRED" / f"{split}.jsonl").read_text("utf-8")
    for documents, chosen in choices(lines.splitlines(), trained, config):
        keys = {"set": "BioRED", "split": split, "documents": documents}
        if store.has("raw text", **keys):
            continue
        with TemporaryDirectory() as temporary:
            path = Path(temporary) / "documents.jsonl"
            path.write_text("\n".join(chosen), "utf-8")
            found = evaluate(model, path, TYPES, None)
        store.add("raw text", {**keys, "count": len(chosen), **found})


def choices(
    lines: Sequence[str], trained: SentenceSet, config: Config
) -> Iterator[tuple[str, list[str]]]:
    """All documents; those that nothing was trained on; of these, those in no test split of a corpus of the recipe."""
    names = {corpus.name for corpus in config.corpora if corpus.weight}
    unseen, apart = [], []
    for line in lines:
        document = json.loads(line)
        if any(map(trained.hold, read_document(document, ()))):
            continue
        unseen.append(line)
        if not names & {other.split()[0] for other in document.get("alsoIn", ())}:
            apart.append(line)
    yield "all", list(lines)
    yield "unseen", unseen
    yield "unseen, in no other corpus", apart


def evaluate(
    model: Path,
    data: Path,
    types: Sequence[str],
    dataset: str | None,
    alone: bool = True,
) -> dict:
    command = ["eval", "--json", "--model", model, "--data", data]
    command += ["--type", ",".join(types)]
    if not alone:
        command.append("--context")
    if dataset is not None:
        command += ["--dataset", dataset]
    found = rounded(node([PACKAGE / "cli" / "main.js", *command]))
    # Of one type they are the same figures again.
    if len(types) == 1:
        del found["types"]
    return found


def rounded(value: object):
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return round(value, 4) if isinstance(value, float) else value


def measure_cost(store: Store, model: Path, folder: Path) -> None:
    """Time for four types against time for one, the same texts in turns."""
    texts = folder / "documents" / "BioRED" / "dev.jsonl"
    store.replace("cost", [rounded(node([COST, PACKAGE / "index.js", model, texts]))])


def node(arguments: Sequence[object]) -> dict:
    command = ["node", *map(str, arguments)]
    return json.loads(
        subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    )
