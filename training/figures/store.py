"""The JSON document: sections of rows, saved after each row, so that an interruption loses one."""

import hashlib
import json
from pathlib import Path


class Store:
    def __init__(self, path: Path, model: Path):
        self.path = path
        content = model.read_bytes()
        name = {
            "file": model.name,
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
        # Figures of two models never stand in one document.
        self.document = kept if kept.get("model") == name else {"model": name}

    def rows(self, section: str) -> list[dict]:
        return self.document.get(section, [])

    def has(self, section: str, **keys: object) -> bool:
        return any(keys.items() <= row.items() for row in self.rows(section))

    def replace(self, section: str, rows: list[dict]) -> None:
        self.document[section] = rows
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps(self.document, indent=1) + "\n", "utf-8")
        partial.replace(self.path)

    def add(self, section: str, *rows: dict) -> None:
        self.replace(section, [*self.rows(section), *rows])
        for row in rows:
            print(section, json.dumps(row), flush=True)
