"""Sentence ends in raw text. Near to lib/text/sentences.ts, not equal: passages hold several sentences anyhow."""

import regex

END = regex.compile(
    r"""(?P<word>\S*?)[.?!…][)\]}"'”’»]*\s+(?=[(\[{"'“‘«]*[\p{Lu}\p{N}])"""
)
BLANK_LINE = regex.compile(r"\n[^\S\n]*\n\s*")
ABBREVIATION = regex.compile(
    r"""(?:.*[(\[])?(?:
    e\.?g|i\.?e|vs|al|cf|ca|approx|fig|figs|eq|ref|refs|no|nos|vol|dr|mr|mrs|ms|prof|st|inc|ltd|co|jr|
    sp|spp|subsp|ssp|var|str|pv|bv|serovar|gen|nov|resp|viz|i\.?v|i\.?p|i\.?m|s\.?c|p\.?o|
    \p{Lu}|\p{Lu}\.-?\p{Lu})""",
    regex.IGNORECASE | regex.VERBOSE,
)


def sentence_starts(text: str, spans: list[tuple[int, int]]) -> list[int]:
    """Indices of the words that open a sentence; `spans` are the words' offsets."""
    cuts = {match.end() for match in BLANK_LINE.finditer(text)}
    for match in END.finditer(text):
        stop = match.end("word")
        is_abbreviation = text[stop] == "." and ABBREVIATION.fullmatch(match["word"])
        if not is_abbreviation:
            cuts.add(match.end())
    pending = sorted(cuts, reverse=True)
    starts = [0] if spans else []
    for index, (start, _) in enumerate(spans):
        crossed = False
        while pending and pending[-1] <= start:
            pending.pop()
            crossed = True
        if crossed and index:
            starts.append(index)
    return starts
