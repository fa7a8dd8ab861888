"""One word per backend message, as scripts write what is to be answered: type byte, and what makes it plain.

    1 2 T D*3 C(SELECT 3) Z(I)      ParseComplete, BindComplete, RowDescription, three DataRows, ...
    E(23505)  E(57P01 FATAL)        SQLSTATE, and the severity unless it is ERROR
    N(01000)  S(TimeZone)  A(news)  notice, parameter status, notification
"""

import re
from itertools import groupby

import rawpg

WORD = re.compile(r"(?P<word>\S(?:\([^)]*\))?)(?:\*(?P<count>\d+))?(?=\s|$)")


def word(m):
    """The word of one message."""
    if m.type == "C":
        return f"C({m.body[:-1].decode()})"
    if m.type == "Z":
        return f"Z({m.body.decode()})"
    if m.type in "EN":
        fields = rawpg.error_fields(m.body)
        loud = "" if fields["V"] in ("ERROR", "NOTICE") else f" {fields['V']}"
        return f"{m.type}({fields['C']}{loud})"
    if m.type == "S":
        return f"S({m.body.split(bytes(1))[0].decode()})"
    if m.type == "A":
        return f"A({m.body[4:].split(bytes(1))[0].decode()})"
    return m.type


def of(messages):
    return [word(m) for m in messages]


def parse(text):
    """Words one by one: `D*3` is three; `5 * 2 C(UPDATE 1)` is the whole line five times."""
    times = 1
    if front := re.match(r"(\d+) \* ", text):
        times = int(front.group(1))
        text = text[front.end():]
    words, at = [], 0
    while at < len(text):
        found = WORD.match(text, at)
        if not found:
            raise ValueError(f"not words of messages: {text[at:]}")
        words += [found.group("word")] * int(found.group("count") or 1)
        at = found.end()
        while at < len(text) and text[at].isspace():
            at += 1
    return words * times


def lines(words, width=110):
    """The words as lines of a script; never none."""
    shown = []
    for same, group in groupby(words):
        count = len(list(group))
        shown.append(same if count == 1 else f"{same}*{count}")
    rows = [""]
    for item in shown:
        if len(rows[-1]) + len(item) > width:
            rows.append("")
        rows[-1] += f" {item}"
    return [row.strip() for row in rows]
