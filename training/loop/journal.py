"""What a run writes besides its checkpoints: a log for people, a learning curve for programs, its pid and command."""

import fcntl
import json
import os
import shlex
import sys
import time
from pathlib import Path
from typing import IO


def log(message: str) -> None:
    print(f"{time.strftime('%m-%d %H:%M:%S')} {message}", file=sys.stderr, flush=True)


class Journal:
    def __init__(self, folder: Path):
        self.curve = folder / "curve.jsonl"

    def write(self, kind: str, **values: object) -> None:
        row = {"kind": kind, "time": round(time.time()), **values}
        with self.curve.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def claim(folder: Path) -> IO[str]:
    """Takes the run's folder for this process; the lock falls with it."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SystemExit(f"another process trains in {folder}") from None
    command = shlex.join([sys.executable, "-m", "training.train", *sys.argv[1:]])
    (folder / "run.txt").write_text(
        f"pid {os.getpid()}\nin {Path.cwd()}\n{command}\n"
        "pause: kill -STOP PID; go on: kill -CONT PID; save and end: kill PID; started again, it resumes\n",
        encoding="utf-8",
    )
    return lock
