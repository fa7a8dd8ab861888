"""docs/protocol-traps.md: each trap with tests that exist."""

import re

TEST = re.compile(r"`([^`]+)`")


def traps(text):
    """(id, names of tests) of every row of the tables."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and len(cells) == 3 and cells[0] != "id":
            yield cells[0].strip(), TEST.findall(cells[2])


def existing_tests(root):
    """Scripts, GoogleTests and pytest functions, as the table names them."""
    for path in (root / "tests" / "differential" / "scripts").glob("*.script"):
        for name in re.findall(r"^script (\w+)", path.read_text(), re.MULTILINE):
            yield f"{path.stem}/{name}"
    for path in root.glob("tests/*/test_*.py"):
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE):
            yield f"{path.name}::{name}"
    for module in ("protocol", "outbox", "reconciler", "proxy"):
        for path in (root / module).rglob("*test.cc"):
            for suite, name in re.findall(r"\bTEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\s*\)", path.read_text()):
                yield f"{suite}.{name}"


def problems(root):
    text = (root / "docs" / "protocol-traps.md").read_text()
    tests = set(existing_tests(root))
    seen = set()
    for trap, names in traps(text):
        if trap in seen:
            yield f"{trap} is there twice"
        seen.add(trap)
        if not names:
            yield f"{trap} has no test"
        for name in names:
            if name not in tests:
                yield f"{trap}: there is no test {name}"
