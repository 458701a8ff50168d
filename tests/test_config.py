"""Settings and their sources."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from iib_core import config
from iib_core.errors import ConfigError

pytestmark = pytest.mark.stack


def test_a_flag_wins_over_the_environment_over_dotenv_over_the_host_over_the_default(tmp_path):
    (tmp_path / ".env").write_text("IIB_PORT=3\nIIB_MAX_MEGAPIXELS=3\n")
    flags, environ, host = (
        {"port": 1, "data_dir": str(tmp_path)},
        {"IIB_PORT": "2"},
        {"port": 4, "max_megapixels": 4, "decode_threads": 4},
    )
    assert config.load(flags, environ, host).port == 1
    assert config.load({"data_dir": str(tmp_path)}, environ, host).port == 2
    loaded = config.load({"data_dir": str(tmp_path)}, {}, host)
    assert (
        loaded.port,
        loaded.max_megapixels,
        loaded.decode_threads,
        loaded.thumbnail_cache_mib,
    ) == (
        3,
        3,
        4,
        2048,
    )


def test_no_secret_is_printed_with_the_settings():
    names = [setting.name for setting in config.SETTINGS if setting.is_secret]
    assert {"secret_key", "openai_api_key"} <= set(names)
    assert "s3cret" not in repr(config.Config("data", **dict.fromkeys(names, "s3cret")))


A, B = os.path.abspath("/a"), os.path.abspath("/b")


def test_lists_and_truth_values_are_read_from_text(tmp_path):
    environ = {
        "IIB_DATA_DIR": str(tmp_path),
        "IIB_ROOTS": os.pathsep.join((A, B, A)),
        "IIB_READ_ONLY": "yes",
        "IIB_CORS_ORIGINS": "http://x, http://y",
    }
    loaded = config.load({}, environ)
    assert (loaded.roots, loaded.read_only, loaded.cors_origins) == (
        (A, B),
        True,
        ("http://x", "http://y"),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            ("PORT", "x"),
            ("PORT", "70000"),
            ("READ_ONLY", "maybe"),
            ("ACCESS_CONTROL", "off-ish"),
            ("SECRET_KEY", "short"),
            ("DECODE_THREADS", "-1"),
        ),
        *(
            ("BASE", "/"),
            ("FRAME_ORIGINS", "*"),
            ("FRAME_ORIGINS", "https://a.example; script-src *"),
            ("FRAME_ORIGINS", "https://a.example/path"),
        ),
    ],
)
def test_a_value_that_cannot_be_used_names_its_setting(tmp_path, name, value):
    with pytest.raises(ConfigError, match=rf"({name}|--base).*\.$"):
        config.load({"data_dir": str(tmp_path)}, {f"IIB_{name}": value})


def test_the_data_folder_of_the_host_is_the_default_inside_it(tmp_path):
    assert config.load({}, {}, default_data_dir=str(tmp_path)).data_dir == str(tmp_path)


def test_the_hosts_page_shows_what_people_change_and_no_secret():
    names = {setting.name for setting in config.HOST_PAGE}
    assert names >= {
        "roots",
        "delete_mode",
        "access_control",
        "thumbnail_cache_mib",
        "openai_base_url",
        "ai_model",
    }
    assert not [name for name in names if "key" in name or "secret" in name]


def test_the_hosts_page_names_settings_as_people_do():
    """Labels repeat no variable name as words, and do not mention environment variables."""
    for setting in config.HOST_PAGE:
        assert (
            not setting.label.lower().startswith(setting.name.replace("_", " ") + ":")
            or setting.name == "read_only"
        )
        assert not {"environment", "PATH", "permission", "separated"} & set(
            setting.label.replace(",", "").split()
        )


def test_every_setting_is_documented_as_it_is_in_the_table():
    page = (Path(__file__).parent.parent / "docs/settings.md").read_text("utf-8")
    rows = {
        name: (default, text)
        for name, default, text in re.findall(r"^\| `([A-Z_]+)` \| (.*?) \| (.*?) \|$", page, re.M)
    }
    assert rows == {
        setting.env: (shown(setting.default), setting.help) for setting in config.SETTINGS
    }


def shown(default) -> str:
    text = ",".join(default) if isinstance(default, tuple) else str(default).lower()
    return f"`{text}`" if text else ""


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{top}/art: best", ["art: best"]),
        ('"{top}/art: best":{top}/b', ["art: best", "b"]),
        ('{top}/b : "{top}/x, y" ', ["b", "x, y"]),
        ("file://{top}/x%2C%20y", ["x, y"]),
        ('"{top}/b:{top}/c"', ["b", "c"]),
        ("{top}/b:{top}/c", ["b", "c"]),
    ],
)
@pytest.mark.posix_only("colons separate folders and are in names")
def test_a_folder_with_the_sign_that_separates_folders_can_be_named(tmp_path, text, names):
    for name in ("art: best", "b", "c", "x, y"):
        (tmp_path / name).mkdir()
    environ = {"IIB_ROOTS": text.format(top=tmp_path), "IIB_DATA_DIR": str(tmp_path / "d")}
    assert config.load({}, environ).roots == tuple(str(tmp_path / name) for name in names)


@pytest.mark.parametrize(
    "text", ["{top}/art, best", '"{top}/art, best"', '"{top}/art, best", {top}/b']
)
@pytest.mark.posix_only("names with commas and quotes")
def test_an_allowed_folder_may_have_a_comma(tmp_path, text):
    for name in ("art, best", "b"):
        (tmp_path / name).mkdir()
    environ = {"IIB_ALLOWED_PATHS": text.format(top=tmp_path), "IIB_DATA_DIR": str(tmp_path / "d")}
    assert config.load({}, environ).allowed_paths[0] == str(tmp_path / "art, best")
