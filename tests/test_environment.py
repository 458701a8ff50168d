"""Sources of settings besides flags: the environment, ``.env`` files, names of the older extension."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iib_core import config
from iib_core.environment import find_older, read_dotenv
from iib_core.errors import ConfigError

pytestmark = pytest.mark.windows


def write(folder: Path, text: str | bytes) -> Path:
    """A ``.env`` file with this text, in a folder that is created if it is missing."""
    folder.mkdir(exist_ok=True)
    (folder / ".env").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """An empty data folder."""
    return write(tmp_path / "data", "")


def load(
    data_dir: Path,
    environ: dict[str, str] | None = None,
    *beside: Path,
    host: dict[str, object] | None = None,
) -> config.Config:
    return config.load(
        {"data_dir": str(data_dir)}, environ or {}, host, beside=[str(folder) for folder in beside]
    )


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("IIB_ACCESS_CONTROL_PERMISSION=read-only", "permission", "read-only"),
        ("IIB_ACCESS_CONTROL_PERMISSION = ' Read-Only '", "permission", "read-only"),
        ("IIB_ACCESS_CONTROL_PERMISSION=write-only", "permission", "write-only"),
        ("IIB_ACCESS_CONTROL_PERMISSION=no-access", "permission", "no-access"),
        ("IIB_ACCESS_CONTROL_PERMISSION=read-write", "permission", "read-write"),
        ("IIB_ACCESS_CONTROL=enable", "access_control", "on"),
        ("IIB_ACCESS_CONTROL=Disable", "access_control", "off"),
        ("IIB_ACCESS_CONTROL=AUTO", "access_control", "auto"),
        (
            "IIB_ACCESS_CONTROL_ALLOWED_PATHS=save, extra,/pictures",
            "allowed_paths",
            ("save", "extras", "/pictures"),
        ),
        ("IIB_SECRET_KEY=open sesame", "secret_key", "open sesame"),
        ("IIB_READ_ONLY= True ", "read_only", True),
    ],
)
def test_what_the_older_extension_restricts_means_the_same_here(
    tmp_path: Path, data_dir: Path, text: str, name: str, value: object
):
    variable, _, raw = text.partition("=")
    assert getattr(load(data_dir, {variable.strip(): raw.strip().strip("'")}), name) == value
    assert getattr(load(data_dir, {}, write(tmp_path / "older", text)), name) == value
    assert getattr(load(write(data_dir, text)), name) == value


@pytest.mark.parametrize(
    "text",
    [
        *(
            "IIB_ACCESS_CONTROL_PERMISSION=readonly",
            "IIB_ACCESS_CONTROL=maybe",
            "IIB_ACCESS_CONTROL_ALLOWED_PATHS=,",
            "IIB_SECRET_KEY=short",
        ),
        "IIB_READ_ONLY=perhaps",
    ],
)
def test_a_restriction_that_cannot_be_understood_is_refused_with_its_file(
    tmp_path: Path, data_dir: Path, text: str
):
    name, _, raw = text.partition("=")
    with pytest.raises(ConfigError, match=rf"^{name}: .*\.$"):
        load(data_dir, {name: raw})
    with pytest.raises(ConfigError) as caught:
        load(data_dir, {}, write(tmp_path / "older", text))
    assert str(caught.value).startswith(f"{name} in {tmp_path / 'older' / '.env'}: ")


def test_the_environment_wins_over_the_data_folder_over_other_folders_in_order_over_the_hosts_page(
    tmp_path: Path, data_dir: Path
):
    ours, older = (
        write(tmp_path / "ours", "IIB_PERMISSION=write-only"),
        write(tmp_path / "older", "IIB_ACCESS_CONTROL_PERMISSION=no-access"),
    )
    host = {"permission": "read-write", "read_only": False}
    assert load(data_dir, {}, older, host=host).permission == "no-access"
    assert load(data_dir, {}, ours, older, host=host).permission == "write-only"
    write(data_dir, "IIB_PERMISSION=read-only\nIIB_ACCESS_CONTROL_PERMISSION=no-access")
    assert load(data_dir, {}, ours, older).permission == "read-only"
    assert (
        load(data_dir, {"IIB_ACCESS_CONTROL_PERMISSION": "read-write"}, ours, older).permission
        == "read-write"
    )
    assert (
        config.load(
            {"data_dir": str(data_dir), "permission": "no-access"}, {"IIB_PERMISSION": "read-only"}
        ).permission
        == "no-access"
    )


def test_an_empty_text_lifts_no_restriction(tmp_path: Path, data_dir: Path):
    older = write(
        tmp_path / "older",
        "IIB_SECRET_KEY=open sesame\nIIB_ACCESS_CONTROL_PERMISSION=read-only\nIIB_ACCESS_CONTROL=enable",
    )
    write(data_dir, "IIB_SECRET_KEY=\nIIB_PERMISSION=''\nIIB_ACCESS_CONTROL=")
    loaded = load(data_dir, {"IIB_SECRET_KEY": "", "IIB_ACCESS_CONTROL_PERMISSION": " "}, older)
    assert (loaded.secret_key, loaded.permission, loaded.access_control) == (
        "open sesame",
        "read-only",
        "on",
    )


def test_a_folder_beside_gives_only_what_restricts(tmp_path: Path, data_dir: Path):
    other = write(
        tmp_path / "other",
        "IIB_PORT=1\nOPENAI_API_KEY=sk-x\nIIB_DATA_DIR=/elsewhere\nIIB_CORS_ORIGINS=http://x",
    )
    loaded = load(data_dir, {}, other)
    assert (loaded.port, loaded.openai_api_key, loaded.data_dir, loaded.cors_origins) == (
        7866,
        "",
        str(data_dir),
        (),
    )


def test_each_value_that_could_be_overlooked_is_told_with_its_file_and_no_secret(
    tmp_path: Path, data_dir: Path
):
    told: list[str] = []
    older = write(
        tmp_path / "older", "IIB_SECRET_KEY=open sesame\nIIB_ACCESS_CONTROL_PERMISSION=read-only"
    )
    environ = {"IIB_ACCESS_CONTROL_ALLOWED_PATHS": "/pictures", "IIB_PORT": "1"}
    config.load(
        {"data_dir": str(data_dir)},
        environ,
        beside=[str(data_dir), str(older), str(older)],
        tell=told.append,
    )
    path = older / ".env"
    assert told == [
        f"IIB_ACCESS_CONTROL_PERMISSION in {path} counts as IIB_PERMISSION.",
        "IIB_ACCESS_CONTROL_ALLOWED_PATHS counts as IIB_ALLOWED_PATHS.",
        f"IIB_SECRET_KEY in {path} counts.",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_read_in_each_encoding_that_windows_writes(data_dir: Path, encoding: str):
    write(
        data_dir,
        "IIB_SECRET_KEY=Füchse im Schnee\r\nIIB_ROOTS=C:\\temp\\new;D:\\A B\\输出\r\n".encode(
            encoding
        ),
    )
    assert dict(read_dotenv(str(data_dir)).values) == {
        "IIB_SECRET_KEY": "Füchse im Schnee",
        "IIB_ROOTS": r"C:\temp\new;D:\A B\输出",
    }
    assert load(data_dir, {}).secret_key == "Füchse im Schnee"


@pytest.mark.parametrize("place", ["data", "other"])
@pytest.mark.parametrize(
    ("data", "word"),
    [
        *((b"IIB_SECRET_KEY=gehe\xffim", "UTF-8"), ("IIB_PORT=1".encode("utf-16-le"), "UTF-8")),
        (b"#" * 200_000, "larger than"),
    ],
)
def test_a_file_that_is_no_list_of_settings_is_refused_with_one_sentence(
    tmp_path: Path, data_dir: Path, place: str, data: bytes, word: str
):
    folder = write(tmp_path / place, data)
    with pytest.raises(ConfigError) as caught:
        load(data_dir, {}, folder)
    text = str(caught.value)
    assert (
        text.startswith(str(folder / ".env"))
        and text.endswith(".")
        and word in text
        and "\n" not in text
    )


@pytest.mark.parametrize("place", ["data", "other"])
def test_a_folder_in_its_place_is_refused_unless_it_is_an_environment_of_python(
    tmp_path: Path, place: str
):
    (tmp_path / place / ".env").mkdir(parents=True)
    with pytest.raises(ConfigError, match="is a folder"):
        load(tmp_path / "data", {}, tmp_path / place)
    (tmp_path / place / ".env" / "pyvenv.cfg").touch()
    assert load(tmp_path / "data", {}, tmp_path / place).port == 7866


@pytest.mark.posix_only("a pipe with a name")
def test_a_pipe_in_its_place_is_refused_and_not_waited_for(data_dir: Path):
    (data_dir / ".env").unlink()
    os.mkfifo(data_dir / ".env")
    with pytest.raises(ConfigError, match="no plain file"):
        load(data_dir)


@pytest.mark.posix_only("permissions of files")
def test_one_that_may_not_be_read_is_refused(data_dir: Path):
    (data_dir / ".env").chmod(0)
    if os.access(data_dir / ".env", os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(data_dir)


@pytest.mark.needs_links
def test_a_link_that_leads_nowhere_is_refused(data_dir: Path):
    (data_dir / ".env").unlink()
    (data_dir / ".env").symlink_to(data_dir / "gone")
    with pytest.raises(ConfigError, match="leads nowhere"):
        load(data_dir)


def test_a_mark_at_its_beginning_belongs_to_no_name(data_dir: Path):
    assert (
        load(write(data_dir, b"\xef\xbb\xbfIIB_PERMISSION=read-only\r\n")).permission == "read-only"
    )


def test_the_older_extension_is_found_by_what_is_in_it(tmp_path: Path):
    for name in (
        "ours/scripts",
        "renamed/scripts",
        "older still/scripts/iib",
        "another/scripts",
        "SD-WebUI-Infinite-Image-Browsing",
    ):
        (tmp_path / name).mkdir(parents=True)
    for name in (
        "ours/scripts/iib.py",
        "renamed/scripts/iib_setup.py",
        "older still/scripts/iib/api.py",
        "another/scripts/api.py",
        "file",
    ):
        (tmp_path / name).touch()
    found = {os.path.basename(folder) for folder in find_older(str(tmp_path / "ours"))}
    assert found == {"renamed", "older still", "SD-WebUI-Infinite-Image-Browsing"}
    assert find_older(str(tmp_path / "renamed")) == [
        str(tmp_path / name) for name in sorted({*found, "renamed"} - {"renamed"})
    ]
    assert find_older(str(tmp_path / "no" / "where")) == []


def test_every_old_name_and_word_is_documented():
    page = (Path(__file__).parent.parent / "docs/settings.md").read_text(encoding="utf-8")
    for setting in config.SETTINGS:
        for name in setting.old_names:
            assert f"`{name}`" in page
        for old, _ in setting.old_words:
            assert f"`{old}`" in page
    assert "`enable` for `on`" in page and "`disable` for `off`" in page


OLDER_FILE = """
IIB_SECRET_KEY=
IIB_SERVER_LANG=auto
IIB_DB_FILE_BACKUP_MAX=4
IIB_CACHE_DIR={cache}
IIB_ACCESS_CONTROL=enable
IIB_ACCESS_CONTROL_ALLOWED_PATHS=save,extra,/output
IIB_ACCESS_CONTROL_PERMISSION=read-only
IIB_ENABLE_SD_WEBUI_STEALTH_PARSER=false
IIB_COMFYUI_EXTRACT_ALL_PROMPTS=false
OPENAI_BASE_URL=http://127.0.0.1:1/v1
EMBEDDING_MODEL=embed
AI_MODEL=chat
IIB_PROMPT_NORMALIZE=1
IIB_PROMPT_NORMALIZE_MODE=theme_only
"""


def test_a_file_of_the_older_extension_means_what_it_meant(tmp_path: Path, data_dir: Path):
    cache = tmp_path / "cache"
    told: list[str] = []
    write(data_dir, OLDER_FILE.format(cache=cache))
    loaded = config.load({"data_dir": str(data_dir)}, {}, tell=told.append)
    assert loaded.permission == "read-only"
    assert loaded.access_control == "on"
    assert loaded.allowed_paths == ("save", "extras", "/output")
    assert (loaded.backup_copies, loaded.cache_dir) == (4, str(cache))
    assert loaded.prompt_normalize == "theme-only"
    assert (loaded.openai_base_url, loaded.embedding_model, loaded.ai_model) == (
        "http://127.0.0.1:1/v1",
        "embed",
        "chat",
    )
    path = data_dir / ".env"
    assert (
        f"IIB_SERVER_LANG in {path} is not needed: the page speaks the language of the browser."
        in told
    )
    assert not [line for line in told if "is no setting" in line]


@pytest.mark.parametrize(
    ("environ", "mode"),
    [
        ({"IIB_PROMPT_NORMALIZE": "0", "IIB_PROMPT_NORMALIZE_MODE": "theme_only"}, "off"),
        ({"IIB_PROMPT_NORMALIZE": "False"}, "off"),
        ({"IIB_PROMPT_NORMALIZE": " 1 "}, "balanced"),
        ({"IIB_PROMPT_NORMALIZE": "yes", "IIB_PROMPT_NORMALIZE_MODE": "Strict"}, "theme-only"),
        ({"IIB_PROMPT_NORMALIZE_MODE": "theme_only"}, "theme-only"),
        (
            {"IIB_PROMPT_NORMALIZE": "theme-only", "IIB_PROMPT_NORMALIZE_MODE": "balanced"},
            "theme-only",
        ),
        ({}, "balanced"),
    ],
)
def test_what_of_a_prompt_is_compared_is_told_by_one_variable_or_by_two(
    data_dir: Path, environ: dict[str, str], mode: str
):
    assert load(data_dir, environ).prompt_normalize == mode


@pytest.mark.parametrize(
    ("environ", "name", "value"),
    [
        ({"iib_permission": "READ_ONLY"}, "permission", "read-only"),
        ({"Iib_Access_Control": '" on "'}, "access_control", "on"),
        ({"IIB_READ_ONLY": "'Yes'"}, "read_only", True),
        ({"IIB_PORT": ' "80" '}, "port", 80),
        ({"IIB_ALLOWED_PATHS": ' "/a b" , /c '}, "allowed_paths", ("/a b", "/c")),
        ({"IIB_SECRET_KEY": " open 'sesame' "}, "secret_key", " open 'sesame' "),
    ],
)
def test_case_spaces_and_quotes_of_the_shell_are_forgiven(
    data_dir: Path, environ: dict[str, str], name: str, value: object
):
    assert getattr(load(data_dir, environ), name) == value


def test_a_variable_that_is_no_setting_is_named_with_the_one_that_may_be_meant(
    tmp_path: Path, data_dir: Path
):
    told: list[str] = []
    write(data_dir, "IIB_PERMISION=read-only\nOTHER=1")
    beside = write(
        tmp_path / "older", "IIB_ACCES_CONTROL=enable\nIIB_SERVER_LANG=zh\nIIB_NOTHING_KNOWN=1"
    )
    environ = {"IIB_SECRETKEY": "open sesame", "IIB_ZZZZ": "1", "IIB_READ_ONLY": "no", "IIBX": "1"}
    config.load({"data_dir": str(data_dir)}, environ, beside=[str(beside)], tell=told.append)
    assert told == [
        "IIB_SECRETKEY is no setting and does nothing: did you mean IIB_SECRET_KEY?",
        "IIB_ZZZZ is no setting and does nothing; docs/settings.md lists those there are.",
        f"IIB_PERMISION in {data_dir / '.env'} is no setting and does nothing: did you mean IIB_PERMISSION?",
        f"IIB_ACCES_CONTROL in {beside / '.env'} is no setting and does nothing: did you mean "
        "IIB_ACCESS_CONTROL?",
    ]
