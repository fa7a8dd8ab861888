"""Every trap of the protocol is tested."""

from pathlib import Path

import protocol_traps

ROOT = Path(__file__).resolve().parents[2]


def test_every_trap_has_tests():
    assert list(protocol_traps.problems(ROOT)) == []


def test_there_are_traps():
    rows = list(protocol_traps.traps((ROOT / "docs" / "protocol-traps.md").read_text()))
    assert len(rows) > 70


def test_what_is_wrong_is_found(tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    scripts = tmp_path / "tests" / "differential" / "scripts"
    scripts.mkdir(parents=True)
    (scripts / "copy.script").write_text("script late\n")
    (docs / "protocol-traps.md").write_text(
        "| id | trap | tests |\n|---|---|---|\n"
        "| good | has one | `copy/late` |\n| none | has none | |\n| gone | names another | `copy/early` |\n| good | again | `copy/late` |\n")
    assert sorted(protocol_traps.problems(tmp_path)) == [
        "gone: there is no test copy/early", "good is there twice", "none has no test"]
