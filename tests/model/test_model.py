"""Searches every run of the models: with all safeguards no promise is broken, without any one of them some promise is."""

import re
import subprocess

import pytest

# Everything of a model at once takes long and gigabytes, see README.md; its two configurations leave nothing out but
# the combination.
CONFIGURATIONS = {
    "two_appliers": ("mirroring.pml", ["-DCRASHES=0"]),
    "legacy_crashes": ("mirroring.pml", ["-DAPPLIERS=1"]),
    "two_restarts": ("passes.pml", ["-DAPPLIER_LAGS=false"]),
    "applier_lags": ("passes.pml", ["-DRESTARTS=1"]),
}
MODELS = {model for model, _ in CONFIGURATIONS.values()}

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
    "NOTE_AHEAD": "two_restarts",
    "NOTE_OVER_DROPPED": "two_restarts",
    "NOTE_MERGED": "two_restarts",
    "NOTE_KEPT": "two_restarts",
    "PREPARED_RIPE": "two_restarts",
    "TARGET_NOT_AWAITED": "applier_lags",
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
    model, switches = CONFIGURATIONS[configuration]
    output = search(tmp_path, request.path.with_name(model), *switches)
    assert violations(output) == []
    print(re.search(r"\d+ states, stored", output)[0])


@pytest.mark.parametrize("bug", BUGS)
def test_the_loss_of_a_safeguard_shows(tmp_path, request, bug):
    name, switches = CONFIGURATIONS[BUGS[bug]]
    model = request.path.with_name(name)
    assert f"#ifdef BUG_{bug}\n" in model.read_text()
    assert violations(search(tmp_path, model, *switches, f"-DBUG_{bug}"))


def test_every_switch_of_the_models_is_tried(request):
    texts = [request.path.with_name(model).read_text() for model in sorted(MODELS)]
    assert set(re.findall(r"#ifdef BUG_(\w+)", "\n".join(texts))) == BUGS.keys()
