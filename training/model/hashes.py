"""SHA-256 of every tensor's bytes, stored in the file: `vaner inspect --verify` compares them."""

import hashlib

import numpy
from gguf import GGUFReader

HASHES = "integrity.tensor_sha256"  # in the order of the tensors


def hash_of(values: numpy.ndarray) -> str:
    return hashlib.sha256(numpy.ascontiguousarray(values)).hexdigest()


def renew_hashes(reader: GGUFReader) -> None:
    """Those of the tensors as they are now; a file without hashes, opened for writing, stays without."""
    field = reader.get_field(HASHES)
    if field is None:
        return
    for index, tensor in zip(field.data, reader.tensors, strict=True):
        field.parts[index][:] = list(hash_of(tensor.data).encode())
