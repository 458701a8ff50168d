"""Core: builds the parts of the program from one Config and ends them all in ``close()``."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from iib_core import metadata, paths
from iib_core.access import Access
from iib_core.ai.client import AI
from iib_core.ai.embeddings import Embeddings
from iib_core.ai.model_files import ModelFiles
from iib_core.ai.nearest import Nearest
from iib_core.ai.provider import Settings
from iib_core.ai.sentences import Sentences
from iib_core.cluster.graph import TagGraph
from iib_core.cluster.organise import Organiser
from iib_core.cluster.topics import Topics
from iib_core.config import Config
from iib_core.db import backup, restoring
from iib_core.db.ended_sessions import EndedSessions
from iib_core.db.engine import Database
from iib_core.db.jobs import JobTable
from iib_core.db.prefixes import Relocated
from iib_core.errors import ConfigError, Conflict, IIBError, UnreadableMedia
from iib_core.files.covers import Covers
from iib_core.files.operations import Operations
from iib_core.files.presence import Presence
from iib_core.index import exchange, roots
from iib_core.index.indexer import Indexer
from iib_core.index.marking import Marking
from iib_core.index.missing import Missing
from iib_core.index.watcher import Watcher
from iib_core.jobs import Jobs, Progress
from iib_core.media import ahead, decode
from iib_core.media.cache import DiskCache
from iib_core.media.colours import Colours
from iib_core.media.thumbnails import Thumbnails
from iib_core.mediatypes import media_type
from iib_core.metadata import infotext
from iib_core.search import library, query
from iib_core.search.snapshots import Snapshots
from iib_core.sends import Sends
from iib_core.sessions import Failures, Sessions
from iib_core.workers import Loop, Workers, default_thread_count

# Threads that look whether a thumbnail is there, and else read the picture: more than processors,
# because most of them wait for a drive.
_LOOKERS = 8
# Threads that read what large answers are made of, piece by piece in turns. With more, whoever else
# needs Python's lock waits longer for it.
_READERS = 4

# The parts that have threads or files: those that give work first, and those that others still need last.
_CLOSED_IN_ORDER = (
    "copying",
    "checkpointing",
    "making_ahead",
    "watcher",
    "jobs",
    "ai",
    "sentences",
    "operations",
    "index",
    "lookers",
    "readers",
    "decoders",
    "sweeper",
    "colours",
    "db",
)


@dataclass(frozen=True)
class Host:
    """What the WebUI around us tells: whether others can reach it, its own login, and which of its
    options a client may know.

    ``is_logged_in`` takes the web framework's request; None where the host asks nobody to log in.
    ``options`` holds only what is no secret, ``names`` the host names that it is served under,
    ``folder`` its working directory, ``folders`` its output folders by short name (txt2img, save),
    ``challenge`` the value of WWW-Authenticate that makes a browser ask for its login, ``targets``
    its tabs that take pictures.
    """

    reachable: bool = True
    is_logged_in: Callable[[Any], bool] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    folders: Mapping[str, str] = field(default_factory=dict)
    challenge: str = ""
    folder: str = ""
    targets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Delivery:
    """What a ticket is worth to the host: a decoded picture, None of a video, and its infotext.

    ``problem`` says why there is neither.
    """

    picture: Any = None
    infotext: str = ""
    problem: str = ""


class Core:
    """Everything that lives while the program runs.

    One per server; a host that reloads closes it and builds a new one.
    """

    def __init__(self, config: Config, host: Host | None = None) -> None:
        self.config = config
        self.host = host
        try:
            self._start(config, host)
        except BaseException as exc:
            damage = None if isinstance(exc, IIBError) or not hasattr(self, "db") else self.db.find_damage()
            self.close()
            if damage is not None:
                raise damage from exc
            raise

    def _start(self, config: Config, host: Host | None) -> None:
        _require_own_folder(config)
        self.access = Access(
            config.roots,
            restricted=_is_restricted(config, host),
            permission=_permission(config),
            allowed=_allowed(config, host),
            own=config.data_dir,
        )
        self.failures = Failures()
        self.sends = Sends()
        self.stop: Callable[[], None] | None = None  # ends the program, where it is ours to end
        self.db = Database(os.path.join(config.data_dir, "iib.db"), read_only=self.access.read_only)
        # Also where nothing may change: to log out changes nothing of the library.
        self.sessions = Sessions(config.secret_key, EndedSessions(self.db) if config.secret_key else None)
        roots.load(self.db, self.access, config.roots)
        self.snapshots = Snapshots(self.db, self.access)
        self.lookers = Workers("iib-look", _LOOKERS)
        self.readers = Workers("iib-read", _READERS)
        self.decoders = Workers("iib-decode", config.decode_threads or default_thread_count())
        self.sweeper = Workers("iib-cache", 1)
        self.colours = None if self.access.read_only else Colours(self.db)
        self.covers = Covers()
        self.thumbnails = _make_thumbnails(config, self.decoders, self.sweeper, self.colours)
        self.jobs = Jobs(None if self.access.read_only else JobTable(self.db))
        self.operations = Operations(self.db, self.access, config.data_dir, delete_mode=config.delete_mode)
        self.operations.announce()
        if not self.access.read_only:
            # Before anything looks at the disk: what a crash left half-way must not be taken for
            # the user's doing.
            self.operations.recover()
            self.operations.start_expiring(self.jobs)
        self.sentences = Sentences(ModelFiles(config.data_dir))
        self.ai = AI(self.db, _ai_settings(config), sentences=self.sentences)
        self.embeddings = Embeddings(self.db, self.access, self.ai)
        self.nearest = Nearest(self.db, self.access, self.embeddings)
        self.topics = Topics(self.db, self.access, self.ai, self.embeddings)
        self.tag_graph = TagGraph(self.db, self.access, self.ai, self.embeddings)
        self.organiser = Organiser(
            self.db, self.access, self.jobs, self.operations, self.topics, self.embeddings
        )
        if not self.access.read_only:
            self.organiser.recover()
        self.index = Indexer(self.db, self.access, self.jobs, config.data_dir)
        self.missing = Missing(self.db, self.jobs, self.index)
        self.marking = Marking(self.db, self.access, self.index)
        self.roots = roots.Roots(self.db, self.access, self.jobs, self.index, config.roots)
        if not self.access.read_only:
            self.roots.tidy()
        self.watcher = self._start_indexing()
        path = self.db.path
        self.copying = (
            None if self.access.read_only else Loop("iib-backup", lambda ending: backup.keep(path, ending))
        )
        self.checkpointing = None if self.access.read_only else Loop("iib-log", self.db.keep_in_place)
        new_pictures = ahead.NewPictures(self.thumbnails, self.db, self.access)
        self.making_ahead = (
            Loop("iib-ahead", new_pictures.run)
            if config.idle_thumbnails and not self.access.read_only
            else None
        )

    @property
    def needs_login(self) -> bool:
        """Whether a client must show who it is."""
        return bool(self.config.secret_key) or (self.host is not None and self.host.is_logged_in is not None)

    def deliver(self, ticket: str) -> Delivery:
        """The picture and the infotext of a send, once."""
        send = self.sends.redeem(ticket)
        if send is None:
            return Delivery(problem="The picture was not sent, because this took too long: send it again.")
        try:
            text = infotext.compose(metadata.read(send.path))
            if media_type(send.path) != "image":
                return Delivery(infotext=text)
            with self.access.open(send.path) as file:
                return Delivery(decode.whole(file, max_pixels=self.config.max_megapixels * 1_000_000), text)
        except UnreadableMedia:
            return Delivery(problem="The picture is damaged and cannot be sent.")
        except (IIBError, OSError) as exc:
            return Delivery(problem=str(exc))

    def take_in(self, path: str, find_roots: Callable[[], Sequence[str]]) -> None:
        """The host has saved a picture: it is indexed at once, in the background.

        Returns within a fraction of a millisecond.

        ``find_roots`` tells the folders of the settings as they are now; it is asked where the
        picture is in none of those that were known.
        """
        if self.access.read_only:
            return

        def prepare() -> None:
            if not self.access.is_under_root(paths.real(path)):
                self.roots.follow(find_roots())

        self.index.notice(path, prepare)

    def close(self) -> None:
        """End every thread and close every file."""
        for name in _CLOSED_IN_ORDER:
            part = getattr(self, name, None)  # None where it is off, or where the start came not so far
            if part is not None:
                part.close()

    def _start_indexing(self) -> Watcher | None:
        """Bring the index up to date in the background, and from then on keep it so where the
        settings say that.
        """
        if self.access.read_only:
            return None
        if self.config.watch:
            return Watcher(self.index)
        if self.access.roots:
            self.index.start()
        return None


def _make_thumbnails(
    config: Config, decoders: Workers, sweeper: Workers, colours: Colours | None
) -> Thumbnails:
    cache = DiskCache(
        os.path.join(config.data_dir, "cache", "thumbnails"),
        limit_bytes=config.thumbnail_cache_mib * 2**20,
        extension=".webp",
        later=sweeper.submit,
    )
    chosen = DiskCache(os.path.join(config.data_dir, "covers"), limit_bytes=sys.maxsize, extension=".webp")
    return Thumbnails(
        cache,
        chosen,
        decoders,
        max_pixels=config.max_megapixels * 1_000_000,
        tell_colour=colours.add if colours else None,
    )


def make_thumbnails(
    config: Config,
    folders: Sequence[str],
    sizes: Sequence[tuple[int, int]],
    tell: Callable[[Mapping[str, Any]], None],
) -> dict[str, Any]:
    """Make the thumbnails of all files below folders without a server; one may be running over the
    same data folder. ``tell`` hears of the progress.
    """
    db = Database(os.path.join(config.data_dir, "iib.db"))
    count = config.decode_threads or default_thread_count()
    colours, decoders, sweeper = Colours(db), Workers("iib-decode", 1), Workers("iib-cache", 1)
    try:
        thumbnails = _make_thumbnails(config, decoders, sweeper, colours)
        access = Access(folders, restricted=False, own=config.data_dir)
        return ahead.make_for_folders(
            thumbnails, access, folders, sizes, Progress(tell, threading.Event()), threads=count
        )
    finally:
        for part in (colours, decoders, sweeper, db):
            part.close()


def _require_own_folder(config: Config) -> None:
    """Raise ConfigError where the data folder is a folder of the library: nothing of the one may be
    shown, and all of the other.
    """
    own = os.path.normcase(paths.real(config.data_dir))
    if any(os.path.normcase(paths.real_or_given(root)) == own for root in config.roots):
        raise ConfigError(
            f"The data folder {config.data_dir} is a folder of the library too: give it one of its own "
            "with --data-dir."
        )


def _ai_settings(config: Config) -> Settings:
    return Settings(
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
    """The allowed folders, short names of the host's folders resolved.

    A name that the host does not know allows nothing.
    """
    known = host.folders if host else {}
    return tuple(
        known.get(entry) or os.path.abspath(os.path.expanduser(entry)) for entry in config.allowed_paths
    )


def _is_restricted(config: Config, host: Host | None) -> bool:
    if config.access_control != "auto":
        return config.access_control == "on"
    reachable = host.reachable or host.is_logged_in is not None if host else not config.is_loopback
    return reachable or bool(config.secret_key)


def list_copies(data_dir: str) -> list[backup.Backup]:
    """The daily copies of the database in a data folder, newest first."""
    return backup.list_backups(os.path.join(data_dir, "iib.db"))


def restore_copy(data_dir: str, name: str) -> str:
    """Go back to a copy; no server may run over this data folder.

    Returns where the database was moved to, "" where there was none.
    """
    _require_nobody(data_dir)
    return restoring.restore(os.path.join(data_dir, "iib.db"), name)


def begin_anew(data_dir: str) -> str:
    """Begin an empty database; no server may run over this data folder.

    Returns where the one before was moved to, "" where there was none.
    """
    _require_nobody(data_dir)
    return restoring.begin_anew(os.path.join(data_dir, "iib.db"))


def _require_nobody(data_dir: str) -> None:
    """Raise Conflict where a server runs over a data folder."""
    if Presence(data_dir).is_anybody_there():
        raise Conflict(
            f"A server runs over the data folder {data_dir}, in the WebUI or alone: end it first, or what it "
            "stores meanwhile would be lost."
        )


def import_marks(data_dir: str, path: str) -> exchange.Brought:
    """Take over what a file holds, see ``exchange.bring``.

    A server that runs over this data folder sees the tags at once, folders when it starts again.
    """
    with closing(_open(data_dir)) as db:
        return exchange.bring(db, _everywhere(), path)


def export_marks(data_dir: str) -> Iterator[str]:
    """Everything that users put onto their pictures, as JSON lines."""
    with closing(_open(data_dir)) as db:
        yield from exchange.write_lines(db, _everywhere())


def relocate(data_dir: str, old: str, new: str, *, dry_run: bool) -> Relocated:
    """Change a path prefix everywhere in a data folder."""
    with closing(_open(data_dir)) as db:
        return roots.relocate(db, _everywhere(), old, new, dry_run=dry_run)


def forget_missing(
    config: Config, folders: Sequence[str], query_text: str, *, dry_run: bool
) -> dict[str, Any]:
    """Forget missing files without a server, see ``Missing``.

    ``folders``: only those in or below them; they count as folders of the library.
    """
    real = [paths.real(folder) for folder in folders]
    with closing(_open(config.data_dir)) as db:
        access, jobs = _everywhere(), Jobs()
        roots.load(db, access, (*config.roots, *real))
        index = Indexer(db, access, jobs, config.data_dir)
        try:
            criterion = library.scoped(query.parse(query_text), access, real)
            job = jobs.wait(Missing(db, jobs, index).start(criterion, dry_run=dry_run).job_id)
        finally:
            jobs.close()
            index.close()
    if job.status != "completed":
        raise Conflict(job.error)
    return dict(job.result)


def _open(data_dir: str) -> Database:
    return Database(os.path.join(data_dir, "iib.db"))


def _everywhere() -> Access:
    """The access of whoever sits at the machine."""
    return Access((), restricted=False)
