"""The workload finds every bug that is planted on purpose: a test that cannot fail would find none."""

import shutil

import pytest
import run
from planted import BUGS, ROUNDS
from rounds import Round


def run_round(servers, name, bug):
    seed = run.new_seed()
    directory = run.LOGS / f"{name}-{seed}"
    problems = Round(servers, directory, seed, BUGS[name], bug=bug).run()
    if bug or not problems:
        shutil.rmtree(directory)
    return [f"{name}, seed {seed}:", *problems] if problems else []


@pytest.mark.parametrize("bug", sorted(BUGS))
def test_is_found(servers, bug):
    for _ in range(ROUNDS):
        if problems := run_round(servers, bug, bug):
            print(*problems, sep="\n")
            return
    raise AssertionError(f"{ROUNDS} rounds did not find {bug}")


@pytest.mark.parametrize("name", sorted(BUGS))
def test_finds_nothing_without_the_bug(servers, name):
    problems = run_round(servers, name, None)
    assert not problems, "\n".join(problems)
