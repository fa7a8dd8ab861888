"""docs/coverage.md and coverage-names.md say what the system tests declare."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))

import coverage  # noqa: E402


def test_document_is_up_to_date():
    for path, text in coverage.documents().items():
        assert path.read_text() == text, "run tests/system/coverage.py"


def test_every_statement_has_an_outcome():
    rows = [line for text in coverage.documents().values() for line in text.splitlines() if line.count(" | ") == 3]
    assert len(rows) > 100
    assert all(row.split(" | ")[-1].strip(" |") for row in rows)
