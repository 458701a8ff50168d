"""Core: builds the parts of the program from one Config and ends them all in ``close()``."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from iib_core import metadata, paths, sends
from iib_core.access import Access
from iib_core.ai.embeddings import Embeddings
from iib_core.ai.model_files import ModelFiles
from iib_core.ai.models import LanguageModels
from iib_core.ai.nearest import Nearest
from iib_core.ai.provider import AISettings
from iib_core.ai.sentences import Sentences
from iib_core.albums import Albums
from iib_core.cluster.graph import TagGraph
from iib_core.cluster.organise import Organiser
from iib_core.cluster.topics import Topics
from iib_core.config import Config
from iib_core.db import backup
from iib_core.db.ended_sessions import EndedSessions
from iib_core.db.jobs import JobTable
from iib_core.db.opened import open_database
from iib_core.errors import ConfigError, IIBError, NotFound, UnreadableMedia
from iib_core.files.folder_covers import FolderCovers
from iib_core.files.operations import Operations
from iib_core.index import merged_texts, roots
from iib_core.index.indexer import Indexer
from iib_core.index.marks import FileMarks
from iib_core.index.missing import Missing
from iib_core.index.readers import Readers
from iib_core.index.tagging import AutoTagging
from iib_core.index.watcher import Watcher
from iib_core.jobs import Jobs
from iib_core.look.duplicates import Duplicates
from iib_core.look.looks import Looks, SignatureWriter
from iib_core.look.resolving import Resolving
from iib_core.look.similar import Similar
from iib_core.media import decode, pregenerate
from iib_core.media.cache import DiskCache
from iib_core.media.colours import Colours
from iib_core.media.thumbnails import Thumbnails
from iib_core.mediatypes import media_type
from iib_core.metadata import infotext
from iib_core.page_settings import PageSettings
from iib_core.search.blur import Blur
from iib_core.search.facets import Facets
from iib_core.search.snapshots import Snapshots
from iib_core.search.stacks import Stacks
from iib_core.server_settings import ServerSettings
from iib_core.sessions import LoginThrottle, Sessions
from iib_core.vision.files import VisionFiles
from iib_core.vision.judgements import Judgements
from iib_core.vision.search import ContentSearch
from iib_core.vision.vision import Vision
from iib_core.workers import BackgroundThread, Workers, default_thread_count

# Threads that look for a cached thumbnail, or else read the picture: more than there are
# processors, because most of them wait for a drive.
_LOOKERS = 8
# Threads that produce the pieces of large answers in turns. More of them would hold Python's lock
# for longer, and delay all other requests.
_READERS = 4
_NOTICE_S = 0.5

# The parts that have threads or files: those that hand out work first, those that others depend on
# last.
_CLOSED_IN_ORDER = (
    "copying",
    "checkpointing",
    "merging",
    "recovering",
    "following",
    "making_ahead",
    "looking",
    "watcher",
    "jobs",
    "judgements",
    "vision",
    "ai",
    "sentences",
    "operations",
    "index",
    "facets",
    "lookers",
    "readers",
    "decoders",
    "sweeper",
    "colours",
    "signatures",
    "db",
)


@dataclass(frozen=True)
class Host:
    """The WebUI that the extension runs in.

    ``reachable``: whether other machines can reach it.
    ``is_logged_in``: takes the web framework's request; None if the host has no login.
    ``find_user``: takes the request of a client who is logged in; the user's name, or "".
    ``options``: the options that a client may see, which hold no secret.
    ``names``: the host names that it is served under.
    ``folders``: its output folders by short name (txt2img, save).
    ``makes``: output folders that it makes when it saves the first file there.
    ``challenge``: the value of WWW-Authenticate that makes a browser ask for the host's login.
    ``folder``: its working directory.
    ``targets``: its tabs that accept pictures.
    ``is_generating``: whether it makes a picture now.
    """

    reachable: bool = True
    is_logged_in: Callable[[Any], bool] | None = None
    find_user: Callable[[Any], str] = lambda _request: ""
    options: Mapping[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    folders: Mapping[str, str] = field(default_factory=dict)
    makes: tuple[str, ...] = ()
    challenge: str = ""
    folder: str = ""
    targets: tuple[str, ...] = ()
    is_generating: Callable[[], bool] = lambda: False


class Core:
    """Everything that lives while the program runs.

    There is one per server; a host that reloads closes it and builds a new one.
    """

    def __init__(
        self, config: Config, host: Host | None = None, *, updates_index: bool = True
    ) -> None:
        """``updates_index`` False: the index stays as it is until a client asks for an update."""
        self.config = self._given = config
        self.host = host
        self.stop: Callable[[], None] | None = None  # ends the program; None inside a host
        self._updates_index = updates_index
        self._changing = threading.Lock()
        self._noticed = threading.Event()
        try:
            self._start()
        except BaseException as exc:
            damage = (
                None
                if isinstance(exc, IIBError) or not hasattr(self, "db")
                else self.db.find_damage()
            )
            self.close()
            if damage is not None:
                raise damage from exc
            raise

    def _start(self) -> None:
        self._open_library()
        self._build_media()
        self._build_operations()
        self._build_ai()
        self._build_index()
        self._start_background()

    def _open_library(self) -> None:
        config, host = self.config, self.host
        _require_own_folder(config)
        self.access = Access(
            config.roots,
            restricted=_is_restricted(config, host),
            permission=_permission(config),
            allowed=_allowed(config, host),
            data_dir=config.data_dir,
        )
        self.login_throttle = LoginThrottle()
        self.sends = sends.Sends()
        self.db = open_database(config, read_only=self.access.read_only)
        # A read-only server stores ended sessions too: logging out changes nothing of the library.
        self.sessions = Sessions(
            config.secret_key, EndedSessions(self.db) if config.secret_key else None
        )
        roots.load(self.db, self.access, config.roots, config.browse_roots)
        self.stacks = Stacks(self.db)
        self.snapshots = Snapshots(self.db, self.access, self.stacks)
        self.blur = Blur(self.db)
        self.facets = Facets(self.db, self.access, self.snapshots)
        self.server_settings = ServerSettings(self.db)
        self.config = self.server_settings.applied(config)
        if self._updates_index and not self.db.is_file:
            roots.log_seen(self.db, self.access)
        self.albums = Albums(self.db)
        self.page_settings = PageSettings(self.db)

    def _build_media(self) -> None:
        self.lookers = Workers("iib-look", _LOOKERS)
        self.readers = Workers("iib-read", _READERS)
        self.decoders = Workers("iib-decode", self.config.decode_threads or default_thread_count())
        self.sweeper = Workers("iib-cache", 1)
        self.colours = None if self.access.read_only else Colours(self.db)
        self.signatures = None if self.access.read_only else SignatureWriter(self.db)
        self.covers = FolderCovers()
        self.thumbnails = build_thumbnails(
            self.config, self.decoders, self.sweeper, self.colours, self.signatures
        )

    def _build_operations(self) -> None:
        config = self.config
        self.jobs = Jobs(None if self.access.read_only else JobTable(self.db), lease=self.db.lease)
        self.operations = Operations(
            self.db, self.access, config.data_dir, delete_mode=config.delete_mode
        )
        self.operations.announce()
        if not self.access.read_only:
            # Before anything looks at the disk: the index must not take what a crash left half done
            # for changes of the user.
            self.operations.recover()
            self.operations.start_expiring(self.jobs)
        self.looks = Looks(self.db, self.access, self.thumbnails, lambda: self.index.is_updating)
        self.duplicates = Duplicates(self.db, self.access, self.looks)
        self.similar = Similar(self.db, self.looks)
        self.resolving = Resolving(self.db, self.operations)
        self._build_vision()

    def _build_vision(self) -> None:
        data_dir = self.config.data_dir
        self.vision = Vision(
            self.db,
            self.access,
            self.thumbnails,
            self.jobs,
            VisionFiles(data_dir),
            data_dir,
            is_generating=self.host.is_generating if self.host else Host().is_generating,
        )
        self.contents = ContentSearch(self.db, self.vision, self.thumbnails)
        self.judgements = Judgements(
            self.db,
            self.access,
            self.thumbnails,
            self.vision,
            data_dir,
            self.host.is_generating if self.host else Host().is_generating,
        )

    def _build_ai(self) -> None:
        self.sentences = Sentences(ModelFiles(self.config.data_dir))
        self.ai = LanguageModels(self.db, _ai_settings(self.config), sentences=self.sentences)
        self.embeddings = Embeddings(self.db, self.access, self.ai)
        self.nearest = Nearest(self.db, self.access, self.embeddings)
        self.topics = Topics(self.db, self.access, self.ai, self.embeddings)
        self.tag_graph = TagGraph(self.db, self.access, self.ai, self.embeddings)
        self.organiser = Organiser(
            self.db, self.access, self.jobs, self.operations, self.topics, self.embeddings
        )
        if not self.access.read_only:
            self.organiser.recover()

    def _build_index(self) -> None:
        config = self.config
        readers = Readers(config.reader_processes, (self.host or Host()).is_generating)
        self.index = Indexer(self.db, self.access, self.jobs, config.data_dir, readers)
        self.missing = Missing(self.db, self.jobs, self.index)
        self.marking = FileMarks(self.db, self.access, self.index)
        self.tagging = AutoTagging(self.db, self.access, self.jobs)
        self.roots = roots.Roots(
            self.db, self.access, self.jobs, self.index, config.roots, config.browse_roots
        )
        if not self.access.read_only:
            self.roots.tidy()
        self.watcher = self._start_indexing()

    def _start_background(self) -> None:
        """Start the threads that copy and checkpoint the database and make thumbnails of new
        pictures.
        """
        self.copying = self.checkpointing = self.merging = None
        self.making_ahead = self.looking = self.following = self.recovering = None
        if not self.db.is_file:
            self.db.follow(self._noticed.set)
            self.following = BackgroundThread("iib-follow", self._follow_others)
        if self.access.read_only:
            return
        if self.operations.is_shared:
            self.recovering = BackgroundThread(
                "iib-recover",
                lambda ending: self.operations.keep_recovering(ending, self.organiser.recover),
            )
        path = self.db.path
        copies = self.config.backup_copies
        if self.db.is_file:
            self.copying = BackgroundThread(
                "iib-backup", lambda ending: backup.keep(path, ending, copies)
            )
        self.checkpointing = BackgroundThread("iib-log", self.db.keep_in_place)
        self.merging = BackgroundThread(
            "iib-texts", lambda ending: merged_texts.run(self.db, ending)
        )
        if self.config.idle_thumbnails:
            new_pictures = pregenerate.NewPictures(self.thumbnails, self.db, self.access)
            self.making_ahead = BackgroundThread("iib-ahead", new_pictures.run)
            self.looking = BackgroundThread("iib-looking", self.looks.run)
            self.vision.start()
            self.judgements.start()

    def prepare(self) -> None:
        """Have ready, in the background, what the page asks for first: the newest pictures of the
        library, and what makes a thumbnail, whose code is loaded when it is first used.
        """
        self.decoders.submit(decode.prepare)
        self.readers.submit(self.snapshots.prepare)

    @property
    def needs_login(self) -> bool:
        """Whether a client has to log in, with our password or with the host's login."""
        return bool(self.config.secret_key) or (
            self.host is not None and self.host.is_logged_in is not None
        )

    def change_settings(self, values: Mapping[str, Any]) -> None:
        """Store settings that can be changed while the program runs, and follow them.

        Raises InvalidRequest, and changes nothing then.
        """
        with self._changing:
            self._apply(self.server_settings.change(self.config, values))

    def _follow_others(self, ending: threading.Event) -> None:
        """Apart from the thread that notices it, which must not wait for a drive."""
        while not ending.is_set():
            if self._noticed.wait(_NOTICE_S):
                self._noticed.clear()
                self._read_again()

    def _read_again(self) -> None:
        """Follow what another server may have changed. Everything else is read from the database
        when it is used, or kept under the number of the index's last change.
        """
        self.roots.read_again()
        self.sessions.read_ended()
        with self._changing:
            config = self.server_settings.applied(self._given)
            if config != self.config:
                self._apply(config)

    def _apply(self, config: Config) -> None:
        self.config = config
        self.operations.delete_mode = config.delete_mode
        self.thumbnails.set_limits(
            max_pixels=config.max_megapixels * 1_000_000,
            cache_bytes=config.thumbnail_cache_mib * 2**20,
        )
        self.ai.configure(_ai_settings(config))

    def redeem_send(self, ticket: str) -> tuple[bool, str]:
        """Read what a ticket stands for, and keep it for the host. Each ticket works once.

        Returns whether it is a picture, and its infotext. Raises NotFound for an unknown, used or
        expired ticket, and UnreadableMedia.
        """
        send = self.sends.redeem(ticket)
        if send is None:
            raise NotFound(sends.TOO_LATE)
        is_picture = media_type(send.path) == "image"
        picture = None
        try:
            with self.access.open(send.path) as file:
                if is_picture and send.target not in sends.WITHOUT_PICTURE:
                    picture = decode.decode_whole(
                        file, max_pixels=self.config.max_megapixels * 1_000_000
                    )
            text = infotext.compose(metadata.read(send.path))
        except UnreadableMedia as exc:
            raise UnreadableMedia("The picture is damaged and cannot be sent.") from exc
        except OSError as exc:  # removed in this moment
            raise NotFound(f"{paths.quoted(send.path)} cannot be read any more.") from exc
        self.sends.keep(ticket, picture, text)
        return is_picture, text

    def index_saved_picture(self, path: str, find_roots: Callable[[], Sequence[str]]) -> None:
        """Index a picture that the host has just saved, in the background.

        Returns within a fraction of a millisecond. If the picture is in no known root,
        ``find_roots()`` is called for the folders that the settings name now.
        """
        if self.access.read_only:
            return

        def prepare() -> None:
            if not self.access.is_under_root(paths.real(path)):
                self.roots.follow(find_roots())

        self.index.index_saved(path, prepare)

    def close(self) -> None:
        """End every thread and close every file."""
        for name in _CLOSED_IN_ORDER:
            part = getattr(self, name, None)  # None if it is off, or if the start failed before it
            if part is not None:
                part.close()

    def _start_indexing(self) -> Watcher | None:
        """Update the index in the background; returns the watcher if the settings ask for one."""
        if self.access.read_only or not self._updates_index:
            return None
        if self.config.watch:
            return Watcher(self.index)
        if self.access.roots:
            self.index.start()
        return None


def build_thumbnails(
    config: Config,
    decoders: Workers,
    sweeper: Workers,
    colours: Colours | None,
    signatures: SignatureWriter | None,
) -> Thumbnails:
    cache = DiskCache(
        _cache_folder(config),
        limit_bytes=config.thumbnail_cache_mib * 2**20,
        extension=".webp",
        later=sweeper.submit,
    )
    chosen = DiskCache(
        os.path.join(config.data_dir, "covers"), limit_bytes=sys.maxsize, extension=".webp"
    )
    return Thumbnails(
        cache,
        chosen,
        decoders,
        max_pixels=config.max_megapixels * 1_000_000,
        on_colour=colours.add if colours else None,
        on_signature=signatures.add if signatures else None,
    )


def _cache_folder(config: Config) -> str:
    """Where thumbnails are kept; hidden if others keep files there too, so that no index includes
    them.
    """
    if config.cache_dir:
        return os.path.join(config.cache_dir, ".iib-thumbnails")
    return os.path.join(config.data_dir, "cache", "thumbnails")


def _require_own_folder(config: Config) -> None:
    """Raise ConfigError if the data folder is a root too: no file of the data folder may be shown,
    but every file of a root is.
    """
    own = os.path.normcase(paths.real(config.data_dir))
    if any(os.path.normcase(paths.real_or_given(root)) == own for root in config.roots):
        raise ConfigError(
            f"The data folder {config.data_dir} is a folder of the library too: give it one of its own "
            "with --data-dir."
        )
    cache = paths.real_or_given(config.cache_dir) if config.cache_dir else ""
    for root in (*config.roots, *config.browse_roots):
        if cache and paths.is_under(cache, paths.real_or_given(root)):
            raise ConfigError(
                f"The cache folder {config.cache_dir} lies in {root}, a folder of the library: name "
                "another one in IIB_CACHE_DIR."
            )


def _ai_settings(config: Config) -> AISettings:
    return AISettings(
        api_key=config.openai_api_key,
        base_url=config.openai_base_url,
        embedding_model=config.embedding_model,
        ai_model=config.ai_model,
        title_model=config.topic_title_model,
        timeout_s=config.ai_timeout_s,
        concurrency=config.ai_concurrency,
        normalize=config.prompt_normalize,
    )


def _permission(config: Config) -> str:
    if not config.read_only:
        return config.permission
    return "read-only" if config.permission in ("read-write", "read-only") else "no-access"


def _allowed(config: Config, host: Host | None) -> tuple[str, ...]:
    """The allowed folders, with the short names of the host's folders replaced by their paths.

    A name that the host does not know is a path that does not exist, and so allows nothing.
    """
    known = host.folders if host else {}
    return tuple(
        known.get(entry) or paths.absolute(paths.pasted(entry)) for entry in config.allowed_paths
    )


def _is_restricted(config: Config, host: Host | None) -> bool:
    if config.access_control != "auto":
        return config.access_control == "on"
    reachable = host.reachable or host.is_logged_in is not None if host else not config.is_loopback
    return reachable or bool(config.secret_key)
