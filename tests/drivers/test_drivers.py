"""Every driver's program does the same things direct and through pgtandem, and prints the same lines. Afterwards legacy
holds what the scenarios are to leave, and the target what legacy holds: by images alone, where nothing has to be marked."""

import difflib
import json
from pathlib import Path

import pytest

import compare
from drivers import DRIVERS
from scenarios import SCENARIOS

SCHEMA = (Path(__file__).parent / "schema.sql").read_text()


def of(driver, marks):
    assert set(driver.more) | set(driver.marks) <= {s.name for s in SCENARIOS}
    return [s for s in SCENARIOS if (s.common or s.name in driver.more) and (s.name in driver.marks) == marks]


def lines(driver, port, database, scenarios):
    result = driver.start(port, database, [s.name for s in scenarios])
    assert result.returncode == 0, f"{result.stdout[-2000:]}\n{result.stderr[-5000:]}"
    return result.stdout.replace(f"127.0.0.1:{port}", "the server").splitlines()  # postgres.js says where it was connected


def assert_same(expected, seen):
    difference = "\n".join(difflib.unified_diff(expected, seen, "direct", "through pgtandem", n=1, lineterm=""))
    assert not difference, difference[:10000]


def sqlstates(outcomes, scenario):
    return {o["sqlstate"] for o in outcomes if o["scenario"] == scenario.name and o.get("sqlstate")}


def assert_done(driver, pair, scenarios, outcomes):
    """A program that did nothing, twice, is not one that works."""
    for scenario in scenarios:
        assert pair.on_legacy(scenario.sql) == scenario.rows, scenario.name
        missing = scenario.sqlstates - sqlstates(outcomes, scenario) - driver.without.get(scenario.name, set())
        assert not missing, f"{scenario.name} saw no {missing}"


def run_both(driver, pair, marks):
    scenarios = of(driver, marks)
    expected = lines(driver, pair.legacy.port, pair.twin, scenarios)
    seen = lines(driver, pair.daemon.port, pair.database, scenarios)
    assert_same(expected, seen)
    assert_done(driver, pair, scenarios, [json.loads(line) for line in seen])
    pair.assert_equal()
    assert compare.differences(pair.legacy, pair.legacy, pair.database, pair.twin) == []


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.name)
def test_driver(imaged_pair, driver):
    driver.build()
    pair = imaged_pair(SCHEMA)
    run_both(driver, pair, marks=False)
    status = pair.status()
    assert status["images"] > 0
    assert status["marks_made"] == 0
    if driver.marks:
        run_both(driver, pair, marks=True)
