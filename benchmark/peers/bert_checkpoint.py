"""Writes a checkpoint with BERT-base's shape and random weights, whose vocabulary has pieces of the benchmark's words.

Usage: bert_checkpoint.py FOLDER
"""

import re
import sys
from pathlib import Path

import torch
from transformers import BertConfig, BertForTokenClassification

SIZE = 30522  # of BERT's vocabulary
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LABELS = ["O", "B-Disease", "I-Disease"]


def vocabulary() -> list[str]:
    """Short words as a whole and long ones in pieces of four letters: about 1.5 tokens a word, as BERT has."""
    text = (Path(__file__).parents[1] / "text.ts").read_text(encoding="utf-8").lower()
    tokens = [*SPECIALS, *(chr(code) for code in range(33, 127))]
    tokens += [f"##{character}" for character in "abcdefghijklmnopqrstuvwxyz0123456789"]
    tokens += ["α", "κ", "##α", "##κ", "–"]
    for word in re.findall(r"[a-z]+|\d+", text):
        if len(word) <= 6:
            tokens.append(word)
        else:
            tokens += [word[:4], *(f"##{word[start:start + 4]}" for start in range(4, len(word), 4))]
    unique = list(dict.fromkeys(tokens))
    return unique + [f"[unused{row}]" for row in range(SIZE - len(unique))]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    torch.manual_seed(1)
    names = {"id2label": dict(enumerate(LABELS)), "label2id": {label: row for row, label in enumerate(LABELS)}}
    model = BertForTokenClassification(BertConfig(vocab_size=SIZE, **names))
    model.save_pretrained(folder)
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in vocabulary()), encoding="utf-8")
