"""The adapter in hosts that lack a feature, and settings from several sources; see ``lives.py``."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.host.conftest import STANDIN, TOP

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the host."""
    home = tmp_path_factory.mktemp("lives")
    (home / "extensions").mkdir()
    (home / "extensions" / "iib").symlink_to(TOP, target_is_directory=True)
    return home


@pytest.fixture(scope="module")
def facts(home: Path) -> dict[str, Any]:
    """The facts of each start."""
    if importlib.util.find_spec("gradio") is None:
        pytest.skip(
            "gradio is not installed: these tests run in the environments of the two host stacks"
        )
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("IIB_", "GRADIO_"))
    }
    environ |= {
        "PYTHONPATH": os.pathsep.join((str(STANDIN), str(TOP))),
        "PYTHONWARNINGS": "ignore",
        "GRADIO_ANALYTICS_ENABLED": "False",
    }
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("lives.py"))],
        cwd=home,
        env=environ,
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return dict(json.loads(done.stdout))


def test_a_host_that_cannot_tell_counts_as_reachable_and_one_that_lacks_a_flag_does_not(
    facts: dict[str, Any],
):
    """The page states where it is bound and whether it is shared; ``lacking`` removes both, and the
    flags with these names.
    """
    assert not facts["local"]["restricted"]
    without = {
        name.removeprefix("local without "): life
        for name, life in facts.items()
        if name.startswith("local without ")
    }
    assert len(without) == 8
    assert {name for name, life in without.items() if life["restricted"]} == {
        "share",
        "server_name",
    }


def test_a_host_that_lacks_an_attribute_starts_with_access_control_on(facts: dict[str, Any]):
    without = {name: life for name, life in facts.items() if name.startswith("without ")}
    assert len(without) > 45
    assert {
        name: (life["status"], life["restricted"]) for name, life in without.items()
    } == dict.fromkeys(without, (200, True))


def test_what_is_lacking_costs_its_feature_only(facts: dict[str, Any]):
    assert (facts["local"]["targets"], facts["local"]["tabs"]) == (["txt2img"], ["IIB"])
    assert (facts["without ParamBinding"]["targets"], facts["without ParamBinding"]["tabs"]) == (
        [],
        ["IIB"],
    )
    assert (facts["without on_ui_settings"]["targets"], facts["without on_ui_tabs"]["tabs"]) == (
        ["txt2img"],
        [],
    )
    assert any(
        root.endswith("extras-images") for root in facts["without outdir_txt2img_samples"]["roots"]
    )


def test_a_flag_wins_over_the_environment_over_the_hosts_settings(
    facts: dict[str, Any], home: Path
):
    assert [
        facts[name]["config"]["delete_mode"]
        for name in ("local", "host settings", "environment", "flag")
    ] == ["trash", "system", "permanent", "trash"]
    assert facts["host settings"]["roots"][:2] == [str(home / "one"), str(home / "two")]
    assert facts["host settings"]["config"]["thumbnail_cache_mib"] == 100
    assert (
        facts["host settings"]["config"]["access_control"] == "auto"
    )  # an empty field says nothing


def test_a_folder_for_all_comes_first_and_an_old_one_stays_while_it_is_there(
    facts: dict[str, Any], home: Path
):
    roots = facts["one folder for all"]["roots"]
    assert roots[0] == str(home / "everything")
    assert roots[1].endswith("txt2img-images")
    assert len(roots) == 4


def test_folders_of_forks_and_extensions_are_found_by_list_and_by_rule(
    facts: dict[str, Any], home: Path
):
    roots = facts["folders of others"]["roots"]
    assert {str(home / "output" / "videos"), str(home / "movies")} <= set(roots)
    assert set(roots) - set(facts["local"]["roots"]) == {
        str(home / "output" / "videos"),
        str(home / "movies"),
    }


def test_where_we_cannot_start_it_is_told_why(facts: dict[str, Any]):
    assert facts["bad host setting"]["body"] == {
        "detail": "the host's settings: -1 is below zero.",
        "code": "NotStarted",
    }
    reasons = (
        ("no number", "&#x27;much&#x27; is no whole number"),
        ("whole host", "holds the WebUI itself"),
    )
    reasons += (
        ("no UTF-8", ".env is not UTF-8"),
        ("too large", ".env is larger than"),
        ("a folder", ".env is a folder"),
    )
    for name, reason in reasons:
        assert facts[name]["tabs"] == ["IIB"]
        assert facts[name]["status"] == 503
        assert reason in facts[name]["body"]


def test_a_folder_of_the_host_goes_by_its_short_name(facts: dict[str, Any]):
    assert (facts["allowed save"]["status"], facts["allowed txt2img,save"]["status"]) == (403, 200)


def test_ten_more_lives_hold_no_more_than_before(facts: dict[str, Any]):
    before, after = facts["ten lives"]["before"], facts["ten lives"]["after"]
    assert (after["threads"], after["files"]) == (before["threads"], before["files"]), after["open"]
    assert after["mb"] - before["mb"] < 5
