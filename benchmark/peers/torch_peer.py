"""PyTorch as a peer: transformers' LlamaModel, unmasked, in padded batches.

Usage: torch_peer.py MODEL.gguf SEQUENCES.json THREADS f32|bf16
Speaks the protocol of peers/worker.ts on standard input and output.
"""

import json
import os
import resource
import sys
import time

import torch
import transformers
from checkpoint import Checkpoint

path, sequences_path, threads, precision = sys.argv[1:5]
torch.set_num_threads(int(threads))
torch.set_grad_enabled(False)
dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[precision]
encoder, head = Checkpoint(path).torch_model(dtype)
with open(sequences_path) as file:
    sets = json.load(file)


def batches_of(sequences: list[dict], size: int, by_length: bool) -> list[list[dict]]:
    if by_length:
        sequences = sorted(sequences, key=lambda sequence: len(sequence["tokens"]))
    return [sequences[first : first + size] for first in range(0, len(sequences), size)]


def run(batch: list[dict]) -> torch.Tensor:
    """Label of every token, [n_sequences, n_longest]."""
    lengths = torch.tensor([len(sequence["tokens"]) for sequence in batch])
    longest = int(lengths.max())
    tokens = torch.zeros(len(batch), longest, dtype=torch.long)
    for row, sequence in enumerate(batch):
        tokens[row, : lengths[row]] = torch.tensor(sequence["tokens"])
    # A mask of four dimensions is taken as it is. Its padding differs from VANER's own code, which lets it be seen.
    seen = (torch.arange(longest) < lengths[:, None])[:, None, None, :].expand(-1, 1, longest, -1)
    hidden = encoder(input_ids=tokens, attention_mask=seen).last_hidden_state
    return head(hidden).softmax(-1).argmax(-1)


def agreement(sequences: list[dict]) -> float:
    same = total = 0
    for batch in batches_of(sequences, 32, True):
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
        run(batch)
    seconds = time.perf_counter() - start
    # Linux counts in KiB, macOS in bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if os.uname().sysname == "Darwin" else 1024)
    answer({"seconds": seconds, "peakBytes": peak})
