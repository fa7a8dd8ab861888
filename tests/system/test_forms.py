"""Every statement form in every way of sending it: the client sees what legacy alone would have sent, the target
becomes equal by images alone, and their number is exact. A proxy that only marks and heals fails here."""

import pytest

import rawpg
from forms import FORMS, SCHEMA
from modes import MODES, burst, conversation

CASES = [(form, mode) for form in FORMS for mode in MODES
         if (not form.modes or mode.__name__ in form.modes) and not (form.fails and mode is burst)]


@pytest.mark.parametrize("form, mode", CASES, ids=[f"{form.name}-{mode.__name__}" for form, mode in CASES])
def test_form(imaged_pair, form, mode):
    pair = imaged_pair(SCHEMA)
    rounds = mode(form.steps)
    with pair.raw_direct() as direct, pair.raw() as proxied:
        expected = conversation(direct, rounds)
        seen = conversation(proxied, rounds)
    assert any(rawpg.errors(messages) for messages in expected) == form.fails, "the form itself is wrong"
    assert seen == expected
    pair.assert_equal()
    status = pair.status()
    assert (status["images"], status["marks_made"]) == (form.images, 0)
