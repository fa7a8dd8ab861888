"""docs/coverage.md and coverage-names.md: what becomes of each kind of statement. Their rows are the declarations that the tests
assert; run as a script, this writes them."""

from pathlib import Path

import copies
import forms
import statement_groups
import statements
import test_marked

DOCS = Path(__file__).resolve().parents[2] / "docs"

HEAD = """# What is captured, and how

Written by `tests/system/coverage.py` from what the system tests declare and assert on real servers; do not edit it.

| what becomes of it | |
|---|---|
| imaged | its rows are in the transaction's record: nothing is read again |
| marked | a durable mark names the table, and its rows are read again |
| imaged, marked | images of what they show, and a mark for the rest |
| nothing to capture | no row of a mirrored table changes; its commit waits for nothing that was not written |
| invisible | it changes something that is no row of a table, and is not carried over |

Where it depends on names, roles and settings: [coverage-names.md](coverage-names.md).
"""

HEAD_OF_NAMES = """# What names mean to a session

As [coverage.md](coverage.md), written by `tests/system/coverage.py`: the same statements under other search paths, roles and
policies, and beside temporary tables; and of relations that are not one table by a plain name. What other sessions do between
the statements is in parentheses.
"""


def code(steps):
    text = "; ".join(" ".join(step.split()) for step in steps)
    return "`" + text.replace("|", "\\|") + "`"


def table(title, rows):
    lines = [f"\n## {title}\n", "| kind | statements | protocol | what becomes of it |", "|---|---|---|---|"]
    lines += [f"| {name.replace('_', ' ')} | {code(steps)} | {protocol} | {outcome} |"
              for name, steps, protocol, outcome in rows]
    return "\n".join(lines) + "\n"


def of_forms():
    for form in forms.FORMS:
        protocol = "simple" if form.modes == ("simple",) else "both"
        yield form.name, [step[0] for step in form.steps], protocol, statements.IMAGED if form.images else statements.NOTHING


def of_marked():
    for name, steps in test_marked.STATEMENTS.items():
        yield name, steps, "both", test_marked.OUTCOMES[name]


def of_copies():
    for one in copies.CASES:
        steps = [step if isinstance(step, str) else step.sql for step in one.steps]
        yield one.name, steps, "both", one.outcome


def of_cases(cases):
    for one in cases:
        yield one.name, one.steps, one.protocols[0] if len(one.protocols) == 1 else "both", one.outcome


def of_groups(groups):
    return "".join(table(group.title, of_cases(group.cases)) for group in groups.values())


def documents():
    """Text by path."""
    main = "".join([
        HEAD,
        table("Statements that return their rows", of_forms()),
        table("Statements that do not", of_marked()),
        table("COPY FROM STDIN", of_copies()),
        of_groups(statement_groups.STATEMENTS),
    ])
    return {DOCS / "coverage.md": main, DOCS / "coverage-names.md": HEAD_OF_NAMES + of_groups(statement_groups.NAMES)}


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text)
