"""preload.py: the flags that it adds to the host."""

from __future__ import annotations

import argparse
import subprocess
import sys

import pytest

import preload
from iib_core import config
from tests.host.conftest import TOP

pytestmark = pytest.mark.stack


def flags(*arguments: str) -> dict[str, object]:
    """The settings of a command line, as the adapter passes them on."""
    parser = argparse.ArgumentParser()
    preload.preload(parser)
    return {
        name.removeprefix("iib_"): value
        for name, value in vars(parser.parse_args(arguments)).items()
    }


def test_a_setting_has_a_flag_unless_it_is_the_hosts_business_or_a_secret():
    without = {
        "host",
        "port",
        "base",
        "enable_shutdown",
        "cors_origins",
        "secret_key",
        "openai_api_key",
    }
    assert {setting.name for setting in config.SETTINGS} - set(flags()) == without


def test_what_is_not_given_is_left_to_the_other_sources(tmp_path):
    assert set(flags().values()) == {None}
    assert config.load(flags(), {"IIB_READ_ONLY": "1"}, default_data_dir=str(tmp_path)).read_only


@pytest.mark.parametrize(
    ("arguments", "name", "value"),
    [
        (["--iib-read-only"], "read_only", True),
        (["--iib-no-watch"], "watch", False),
        (["--iib-max-megapixels", "40"], "max_megapixels", 40),
        (
            ["--iib-trusted-hosts", "a.example,b.example"],
            "trusted_hosts",
            ("a.example", "b.example"),
        ),
        (["--iib-access-control", "on"], "access_control", "on"),
        (["--iib_access_control", "on"], "access_control", "on"),
        (["--iib_no_watch"], "watch", False),
    ],
)
def test_a_flag_is_worth_its_setting(tmp_path, arguments: list[str], name: str, value: object):
    assert (
        getattr(config.load(flags(*arguments), {}, default_data_dir=str(tmp_path)), name) == value
    )


def test_every_value_is_text_as_the_host_describes_it_to_its_clients():
    given = flags(
        "--iib-read-only", "--iib-no-watch", "--iib-max-megapixels", "40", "--iib-roots", "/a"
    )
    assert {type(value) for value in given.values() if value is not None} == {str}


def test_it_works_before_the_folder_is_on_the_path(tmp_path):
    """As the host loads it: by its path, from another folder, with only the standard library
    installed.
    """
    code = f"""
import argparse, importlib.util, sys
spec = importlib.util.spec_from_file_location("preload.py", {str(TOP / "preload.py")!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
before = list(sys.path)
parser = argparse.ArgumentParser()
module.preload(parser)
print(parser.parse_args(["--iib-data-dir", "x"]).iib_data_dir, sys.path == before)
"""
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=30
    )
    assert done.stdout == "x True\n", done.stderr
