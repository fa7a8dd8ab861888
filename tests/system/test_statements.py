"""What the cases of statement_groups.py declare is what happens, no more and no less, and the target becomes equal."""

import pytest

from pair import Pair
from statement_groups import GROUPS
from statements import MADE, made
from steps import Session

ALL = [(group, case, protocol) for group in GROUPS for case in GROUPS[group].cases for protocol in case.protocols]


@pytest.fixture(scope="module")
def pair_of(servers, directory):
    """pair_of(group): the pair that its cases share."""
    pairs = {}

    def pair(name):
        if name not in pairs:
            group = GROUPS[name]
            if group.before:
                servers.legacy.sql("postgres", group.before)
            pairs[name] = Pair(servers, directory / name, group.schema, options={"initial_heal": "off", **group.options},
                               on_legacy=group.on_legacy)
        return pairs[name]

    yield pair
    for shared in pairs.values():
        shared.remove()


@pytest.mark.parametrize("group, case, protocol", ALL,
                         ids=[f"{group}-{case.name}-{protocol}" for group, case, protocol in ALL])
def test_statement(pair_of, group, case, protocol):
    pair = pair_of(group)
    before = pair.status()
    more = {"user": case.user, **case.startup}

    def results(connect, database):
        with Session(lambda: connect(**more), lambda sql: pair.legacy.sql(database, sql), protocol, case.startup) as session:
            return [session.run(step) for step in case.steps]

    expected = results(pair.raw_direct, pair.twin)
    assert any(r.startswith("error") for step in expected for r in step) == case.fails, f"the case itself is wrong: {expected}"
    assert results(pair.raw, pair.database) == expected
    pair.assert_equal()
    assert made(pair.status(), before) == MADE[case.outcome]
