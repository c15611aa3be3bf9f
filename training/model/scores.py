"""How a file turns the probabilities of mentions into scores: a line between their log odds for each head (Platt 1999)."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gguf import GGUFReader

from training.data.sentences import TYPES

SLOPES, OFFSETS = "vaner.score.slopes", "vaner.score.offsets"


@dataclass(frozen=True)
class Line:
    slope: float = 1.0
    offset: float = 0.0


UNCALIBRATED = Line()


def write_lines(path: Path, lines: Mapping[str, Line]) -> None:
    """Whoever reads the file meanwhile sees the old one or the new one."""
    partial = path.with_suffix(".partial")
    shutil.copyfile(path, partial)
    reader = GGUFReader(partial, "r+")
    for key, part in ((SLOPES, "slope"), (OFFSETS, "offset")):
        field = reader.get_field(key)
        if field is None:
            raise SystemExit(f"{path} has no key {key}: export it again")
        for index, kind in zip(field.data, TYPES, strict=True):
            field.parts[index][:] = getattr(lines[kind], part)
    reader.data.flush()
    partial.replace(path)


def read_lines(reader: GGUFReader) -> dict[str, Line]:
    values = (reader.get_field(key).contents() for key in (SLOPES, OFFSETS))
    return {kind: Line(*pair) for kind, *pair in zip(TYPES, *values, strict=True)}
