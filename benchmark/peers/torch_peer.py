"""PyTorch as a peer: transformers' LlamaModel, unmasked, or BertModel, in padded batches.

Usage: torch_peer.py MODEL.gguf SEQUENCES.json THREADS f32|bf16
Speaks the protocol of peers/worker.ts on standard input and output.
"""

import json
import os
import resource
import sys
import time
from functools import cache

import torch
import transformers
from checkpoint import read_checkpoint
from transformers import DynamicCache

path, sequences_path, threads, precision = sys.argv[1:5]
torch.set_num_threads(int(threads))
torch.set_grad_enabled(False)
dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[precision]
encoder, head = read_checkpoint(path).torch_model(dtype)
with open(sequences_path) as file:
    sets = json.load(file)


def batches_of(sequences: list[dict], size: int, by_length: bool) -> list[list[dict]]:
    if by_length:
        sequences = sorted(sequences, key=lambda sequence: len(sequence["tokens"]))
    return [sequences[first : first + size] for first in range(0, len(sequences), size)]


def padded(rows: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """The rows as one tensor, [n_rows, n_longest], and their lengths."""
    lengths = torch.tensor([len(row) for row in rows])
    tokens = torch.zeros(len(rows), int(lengths.max()), dtype=torch.long)
    for index, row in enumerate(rows):
        tokens[index, : len(row)] = torch.tensor(row)
    return tokens, lengths


def classify(hidden: torch.Tensor) -> torch.Tensor:
    return head(hidden).softmax(-1).argmax(-1)


def run(batch: list[dict]) -> torch.Tensor:
    """Label of every token, [n_sequences, n_longest]."""
    tokens, lengths = padded([sequence["tokens"] for sequence in batch])
    apart = torch.tensor([sequence["apart"] for sequence in batch])[:, None]
    place = torch.arange(tokens.shape[1])
    behind = place >= apart
    # A mask of four dimensions is taken as it is. Its padding differs from VANER's own code, which lets it be seen.
    seen = (place < lengths[:, None])[:, None, :] & (behind[:, :, None] | ~behind[:, None, :])
    return classify(encoder(input_ids=tokens, attention_mask=seen[:, None]).last_hidden_state)


def run_kept(batch: list[dict]) -> torch.Tensor:
    """The same behind an instruction that was computed once; labels of the tokens behind it."""
    (instruction,) = {tuple(sequence["tokens"][: sequence["apart"]]) for sequence in batch}
    tokens, lengths = padded([sequence["tokens"][len(instruction) :] for sequence in batch])
    past = DynamicCache()
    for layer, (keys, values) in enumerate(kept_of(instruction)):
        past.update(keys.expand(len(batch), -1, -1, -1), values.expand(len(batch), -1, -1, -1), layer)
    seen = torch.arange(tokens.shape[1]) < lengths[:, None]
    seen = torch.cat((torch.ones(len(batch), len(instruction), dtype=torch.bool), seen), dim=1)
    positions = torch.arange(tokens.shape[1])[None] + len(instruction)
    result = encoder(
        input_ids=tokens,
        attention_mask=seen[:, None, None, :].expand(-1, 1, tokens.shape[1], -1),
        position_ids=positions,
        past_key_values=past,
    )
    return classify(result.last_hidden_state)


@cache
def kept_of(instruction: tuple[int, ...]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Keys and values of every layer."""
    kept = DynamicCache()
    seen = torch.ones(1, 1, len(instruction), len(instruction), dtype=torch.bool)
    encoder(input_ids=torch.tensor([instruction]), attention_mask=seen, past_key_values=kept)
    return [(layer.keys, layer.values) for layer in kept.layers]


def check_kept(batch: list[dict]) -> None:
    """Both ways give the same labels, but for what rounding does to a few."""
    if batch[0]["apart"] == 0:
        return
    all_labels, kept_labels = run(batch).tolist(), run_kept(batch).tolist()
    same = total = 0
    for whole, own, sequence in zip(all_labels, kept_labels, batch, strict=True):
        for row in sequence["rows"]:
            same += whole[row] == own[row - sequence["apart"]]
            total += 1
    if same < 0.99 * total:
        raise SystemExit(f"kept instructions give {total - same} of {total} words another label")


def agreement(sequences: list[dict]) -> float:
    same = total = 0
    for batch in batches_of(sequences, 32, True):
        check_kept(batch)
        for labels, sequence in zip(run(batch).tolist(), batch, strict=True):
            same += sum(labels[row] == label for row, label in zip(sequence["rows"], sequence["labels"], strict=True))
            total += len(sequence["rows"])
    return same / total


def answer(value: dict) -> None:
    print(json.dumps(value), flush=True)


run(sets["text"][:1])
answer({"ready": True, "version": f"torch {torch.__version__}, transformers {transformers.__version__}"})
for line in sys.stdin:
    request = json.loads(line)
    if request["do"] == "agreement":
        answer({"agreement": agreement(sets["text"])})
        continue
    batches = batches_of(sets[request["set"]], request["batch"], request["sorted"])
    start = time.perf_counter()
    for batch in batches:
        (run_kept if request["keep"] else run)(batch)
    seconds = time.perf_counter() - start
    # Linux counts in KiB, macOS in bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if os.uname().sysname == "Darwin" else 1024)
    answer({"seconds": seconds, "peakBytes": peak})
