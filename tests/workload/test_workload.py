"""Fresh seeds for some time, and every seed that once found something."""

import time
from pathlib import Path

import pytest
import run
from planted import CALM
from profiles import Profile
from rounds import Round

FAILED_ONCE = [int(line.split()[0]) for line in (Path(__file__).parent / "failed_seeds.txt").read_text().splitlines()
               if line and not line.startswith("#")]
SECONDS = 25


def check(servers, seed):
    problems = run.run_seed(servers, seed)
    assert not problems, "\n".join([f"seed {seed}; again: tests/workload/run.py --seed {seed}", *problems])


def test_images_alone_keep_both_equal(servers):
    """Where every row has an image nothing is marked, so that no heal helps."""
    writes = ("insert", "upsert", "update", "update_by_parameter", "update_returning", "update_many", "update_from",
              "delete", "delete_using", "hand_over", "failing", "read", "truncate")
    chosen = Profile(kinds=writes, shapes=CALM, tables=0, disconnects=0, trouble=("target_crash",), unmarked=True)
    seed = run.new_seed()
    problems = Round(servers, run.LOGS / str(seed), seed, chosen).run()
    assert not problems, "\n".join([f"seed {seed}", *problems])


@pytest.mark.parametrize("part", range(2))
def test_seeds(servers, part):
    """Those that once failed, then fresh ones for some time."""
    for seed in FAILED_ONCE[part::2]:
        check(servers, seed)
    began = time.monotonic()
    while time.monotonic() - began < SECONDS:
        check(servers, run.new_seed())
