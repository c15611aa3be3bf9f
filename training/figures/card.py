"""Renders the figures into the model card, between two markers."""

from collections.abc import Iterable, Sequence
from pathlib import Path

BEGIN = "<!-- figures: python -m training.figures --card -->"
END = "<!-- end of figures -->"

# F1 in the BioBERT paper, of models trained on that one corpus each: BERT-base, BioBERT v1.1.
PUBLISHED = {
    "NCBI-disease": (85.6, 89.7),
    "BC5CDR-disease": (82.4, 87.2),
    "BC5CDR-chem": (91.2, 93.5),
    "BC2GM": (81.8, 84.7),
    "JNLPBA": (74.9, 77.5),
    "linnaeus": (87.6, 88.2),
    "s800": (71.6, 74.1),
}

# Named or not, alone or in context.
WAYS = ((True, False), (True, True), (False, False), (False, True))
WAY_NAMES = ("F1 named", "named, alone", "adaptive", "adaptive, alone")


def write_card(path: Path, document: dict) -> None:
    before, rest = path.read_text("utf-8").split(BEGIN)
    after = rest.split(END)[1]
    path.write_text(f"{before}{BEGIN}\n{render(document)}\n{END}{after}", "utf-8")


def render(document: dict) -> str:
    sections = {
        "Test sets": test_sets(document),
        "Raw text": raw_text(document),
        "Held-out texts": held_out(document),
        "Scores as probabilities": calibration(document),
        "Four types against one": cost(document),
        "Learning curve": curve(document),
    }
    parts = [f"### {title}\n\n{text}\n" for title, text in sections.items() if text]
    return "\n" + "\n".join(parts)


def test_sets(document: dict) -> str:
    found = {
        (row["set"], row["dataset"] is not None, row["alone"]): row
        for row in document.get("sets", ())
        if row["split"] == "test"
    }
    rows = []
    for name in dict.fromkeys(key[0] for key in found):
        ways = [found.get((name, *way)) for way in WAYS]
        # In context where there is one.
        best = ways[0] or ways[1]
        scores = [percent(way["f1"]) if way else "" for way in ways]
        cells = [percent(best["precision"]), percent(best["recall"]), *scores]
        published = map(str, PUBLISHED[name])
        rows.append([name, best["type"], f"{best['support']:,}", *cells, *published])
    heads = ["test set", "type", "entities", "P", "R", *WAY_NAMES]
    return table([*heads, "BERT-base", "BioBERT"], rows, texts=2)


def raw_text(document: dict) -> str:
    rows = [
        [
            f"{row['documents']} ({row['count']})",
            f"{row['support']:,}",
            percent(row["precision"]),
            percent(row["recall"]),
            f"**{percent(row['f1'])}**",
            *(percent(scores["f1"]) for scores in row["types"].values()),
        ]
        for row in document.get("raw text", ())
        if row["split"] == "test"
    ]
    kinds = next((list(row["types"]) for row in document.get("raw text", ())), [])
    heads = ["BioRED test documents", "entities", "P", "R", "F1"]
    return table([*heads, *(f"F1 {kind}" for kind in kinds)], rows)


def held_out(document: dict) -> str:
    found = {
        (row["corpus"], row["type"], row["dataset"] is not None, row["alone"]): row
        for row in document.get("dev", ())
    }
    rows = []
    for corpus, kind in dict.fromkeys(key[:2] for key in found):
        cells = [found.get((corpus, kind, *way)) for way in WAYS]
        support = next(cell["support"] for cell in cells if cell)
        if support == 0:
            continue  # the first texts hold no entity
        scores = [percent(cell["f1"]) if cell else "" for cell in cells]
        rows.append([corpus, kind, f"{support:,}", *scores])
    heads = ["corpus", "type", "entities"]
    return table([*heads, *WAY_NAMES], rows, texts=2)


def calibration(document: dict) -> str:
    rows = []
    for row in document.get("calibration", ()):
        bins = [
            f"{percent(bin['precision'])} ({bin['count']:,})" if bin["count"] else ""
            for bin in row["bins"]
        ]
        rows.append([row["type"], percent(row["error"]), *bins[LOWEST_BIN:]])
    edges = [f"{place / 10:.1f} to {(place + 1) / 10:.1f}" for place in range(10)]
    return table(["type", "error", *edges[LOWEST_BIN:]], rows)


# Of three labels the most probable one has a third at least.
LOWEST_BIN = 3


def cost(document: dict) -> str:
    for row in document.get("cost", ()):
        return (
            f"All four types take {row['ratio']:.2f} times as long as one (median of {row['rounds']} pairs in turns, "
            f"{row['lowestRatio']:.2f} to {row['highestRatio']:.2f})."
        )
    return ""


def curve(document: dict) -> str:
    rows = []
    for point in document.get("curve", ()):
        f1 = [value for name, value in point["f1"].items() if name.endswith("adaptive")]
        mean = sum(f1) / len(f1)
        loss = "" if point["loss"] is None else f"{point['loss']:.4f}"
        rows.append([f"{point['step']:,}", f"{point['tokens']:,}", loss, f"{mean:.1f}"])
    return table(["step", "tokens", "loss", "F1 dev"], rows, texts=0)


def percent(share: float) -> str:
    return f"{100 * share:.1f}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], texts: int = 1) -> str:
    """The first `texts` columns are words, the others figures; nothing without rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return ""
    rule = ["---"] * texts + ["---:"] * (len(heads) - texts)
    return "\n".join([f"| {' | '.join(heads)} |", f"| {' | '.join(rule)} |", *lines])
