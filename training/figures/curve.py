"""The learning curve: F1 dev after so many steps, with the mean loss until there."""

import json
from collections.abc import Iterable
from pathlib import Path
from statistics import mean


def read_curve(folder: Path) -> list[dict]:
    lines = (folder / "curve.jsonl").read_text("utf-8").splitlines()
    # A run that goes on from a checkpoint repeats a few steps.
    return list(
        {point["step"]: point for point in points(map(json.loads, lines))}.values()
    )


def points(records: Iterable[dict]) -> Iterable[dict]:
    losses: list[float] = []
    for record in records:
        if record["kind"] == "train":
            losses.append(record["loss"])
        elif record["kind"] == "dev":
            loss = round(mean(losses), 5) if losses else None
            losses.clear()
            keys = ("step", "tokens", "f1")
            yield {**{key: record[key] for key in keys}, "loss": loss}
