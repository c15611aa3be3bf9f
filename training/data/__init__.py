"""Corpora to batches: read, checked against the test splits, cut into passages, varied, tokenized, packed."""
