"""Searches every run of the model: with all safeguards no promise is broken, without any one of them some promise is."""

import re
import subprocess

import pytest

MODEL = "mirroring.pml"

# Everything at once takes minutes and gigabytes, see README.md; these two leave nothing out but the combination.
CONFIGURATIONS = {"two_appliers": ["-DCRASHES=0"], "legacy_crashes": ["-DAPPLIERS=1"]}

# The safeguard that is taken away, and where its loss shows.
BUGS = {
    "RECORD_AFTER_COMMIT": "two_appliers",
    "STATUS_ACROSS_LIVES": "legacy_crashes",
    "HEAL_WITHOUT_WAIT": "two_appliers",
    "MARK_CLEARED_UNDER_WRITER": "two_appliers",
    "LATER_MARK_CLEARED": "two_appliers",
    "HWM_OUTSIDE": "two_appliers",
    "SEQ_AT_FIRST_CHUNK": "two_appliers",
    "PUBLISH_UNFLUSHED": "legacy_crashes",
    "NO_FENCE": "two_appliers",
}


def search(directory, model, *switches):
    """What Spin's verifier prints."""
    subprocess.run(["spin", *switches, "-a", str(model)], cwd=directory, check=True)
    subprocess.run(["gcc", "-O2", "-w", "-DSAFETY", "-DCOLLAPSE", "-DVECTORSZ=2048", "-o", "pan", "pan.c"],
                   cwd=directory, check=True)
    return subprocess.run(["./pan", "-m100000", "-w26"], cwd=directory, check=True, capture_output=True, text=True).stdout


def violations(output):
    """The assertions that failed; none only if the whole state space was visited."""
    found = re.findall(r"assertion violated (.*) \(at depth", output)
    assert found or ("errors: 0" in output and "Search not completed" not in output), output
    assert "max search depth too small" not in output
    return found


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_no_run_breaks_a_promise(tmp_path, request, configuration):
    output = search(tmp_path, request.path.with_name(MODEL), *CONFIGURATIONS[configuration])
    assert violations(output) == []
    print(re.search(r"\d+ states, stored", output)[0])


@pytest.mark.parametrize("bug", BUGS)
def test_the_loss_of_a_safeguard_shows(tmp_path, request, bug):
    model = request.path.with_name(MODEL)
    assert f"#ifdef BUG_{bug}\n" in model.read_text()
    assert violations(search(tmp_path, model, *CONFIGURATIONS[BUGS[bug]], f"-DBUG_{bug}"))


def test_every_switch_of_the_model_is_tried(request):
    assert set(re.findall(r"#ifdef BUG_(\w+)", request.path.with_name(MODEL).read_text())) == BUGS.keys()
