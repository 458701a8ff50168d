"""What the command line does without a server, on the data folder alone."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

from iib_core import paths, root_map
from iib_core.access import Access
from iib_core.config import Config
from iib_core.core import build_thumbnails
from iib_core.db import backup, restoring, shared_roots, store_migration
from iib_core.db.engine import Database
from iib_core.db.opened import open_database
from iib_core.db.relocate_library import Relocated as Relocated
from iib_core.errors import ConfigError, Conflict, NotFound
from iib_core.index import import_export, roots
from iib_core.index.indexer import Indexer
from iib_core.index.missing import Missing
from iib_core.index.readers import Readers
from iib_core.jobs import Jobs, Progress
from iib_core.look.looks import SignatureWriter
from iib_core.media import pregenerate
from iib_core.media.colours import Colours
from iib_core.paths import DiskPath
from iib_core.process_lock import ProcessLock
from iib_core.root_map import MappedRoot
from iib_core.search import library, query
from iib_core.workers import Workers, default_thread_count


def make_thumbnails(
    config: Config,
    folders: Sequence[str],
    sizes: Sequence[tuple[int, int]],
    on_progress: Callable[[Mapping[str, Any]], None],
    only: str = "",
) -> dict[str, Any]:
    """Make the thumbnails of all files in or below ``folders``. A server may run on the same data
    folder.

    ``folders``: none for the whole library. ``only``: of one media type. ``on_progress`` is called
    with fields of the job by name. Returns what was made, by count.
    """
    db = open_database(config)
    count = config.decode_threads or default_thread_count()
    colours, signatures = Colours(db), SignatureWriter(db)
    decoders, sweeper = Workers("iib-decode", 1), Workers("iib-cache", 1)
    try:
        thumbnails = build_thumbnails(config, decoders, sweeper, colours, signatures)
        access = Access(folders, restricted=False, data_dir=config.data_dir)
        if not folders:
            roots.load(db, access, config.roots, config.browse_roots)
            folders = [root.real for root in access.roots if root.online]
        progress = Progress(on_progress, threading.Event())
        return pregenerate.make_for_folders(
            thumbnails, access, folders, sizes, progress, threads=count, only=only
        )
    finally:
        for part in (colours, signatures, decoders, sweeper, db):
            part.close()


def list_copies(data_dir: str) -> list[backup.Backup]:
    """The daily copies of the database in a data folder, newest first."""
    return backup.list_backups(os.path.join(data_dir, "iib.db"))


def restore_copy(data_dir: str, name: str) -> str:
    """Go back to a copy of the database. Returns where the database was moved to, "" if there was
    none.

    Raises Conflict if a server runs on this data folder.
    """
    _require_no_server(data_dir)
    return restoring.restore(os.path.join(data_dir, "iib.db"), name)


def begin_anew(data_dir: str) -> str:
    """Begin an empty database. Returns where the old one was moved to, "" if there was none.

    Raises Conflict if a server runs on this data folder.
    """
    _require_no_server(data_dir)
    return restoring.begin_anew(os.path.join(data_dir, "iib.db"))


def _require_no_server(data_dir: str) -> None:
    """Raise Conflict if a server runs on a data folder."""
    if ProcessLock(data_dir).is_any_alive():
        raise Conflict(
            f"A server runs on the data folder {data_dir}, in the WebUI or alone: stop it first, because "
            "everything that it stores meanwhile would be lost."
        )


def migrate_store(
    path: str, url: str, report: store_migration.Report, *, to_file: bool
) -> store_migration.Migrated:
    """Copy the whole library from the file of a data folder to the database at ``url``, or back.

    Raises Conflict if a server runs on this data folder, and as ``store_migration.migrate``.
    """
    # Only here, because most never need it.
    from iib_core.db.stores import FileStore, ServerStore

    _require_no_server(os.path.dirname(path))
    with closing(FileStore(path)) as file, closing(ServerStore(url)) as server:
        source, target = (server, file) if to_file else (file, server)
        migrated = store_migration.migrate(source, target, report)
        _require_no_server(os.path.dirname(path))
    return migrated


def list_mapped(config: Config) -> tuple[MappedRoot, ...]:
    """The folders of this machine that other servers may see at other paths."""
    return root_map.load(config.data_dir)


def map_root(config: Config, name: str, folder: str) -> Relocated:
    """Let the shared folder ``name`` be at ``folder`` on this machine. Returns what was known under its
    path and has the name now.

    Raises ConfigError without a database on a server, InvalidRequest for a text that is no name,
    Conflict if a server runs on this data folder, if the folder has another name here, and if files
    get the name while another server runs.
    """
    root = MappedRoot(root_map.check_name(name), DiskPath(folder), paths.real(folder))
    with _mapping(config) as (db, mapped):
        others = [one for one in mapped if one.name != root.name]
        same = next((one for one in others if one.real == root.real), None)
        if same is not None:
            raise Conflict(
                f"{folder} is '{same.name}' here already: run 'iib roots unmap {same.name}' first."
            )
        with db.write() as conn:
            joined = shared_roots.join(conn, root, others)
        root_map.save(config.data_dir, [*others, root])
    return joined


def unmap_root(config: Config, name: str, *, for_all: bool) -> Relocated:
    """Let the shared folder ``name`` be nowhere on this machine. ``for_all``: its files have the path
    of this machine from now on, for all servers. Returns what of them got it.

    Raises NotFound for a name that is not mapped, and as ``map_root``.
    """
    name = root_map.check_name(name)
    with _mapping(config) as (db, mapped):
        root = next((one for one in mapped if one.name == name), None)
        if root is None:
            raise NotFound(f"'{name}' is mapped to no folder of this machine.")
        left = shared_roots.NOTHING
        if for_all:
            with db.write() as conn:
                left = shared_roots.leave(conn, root)
        root_map.save(config.data_dir, [one for one in mapped if one.name != name])
    return left


@contextmanager
def _mapping(config: Config) -> Iterator[tuple[Database, tuple[MappedRoot, ...]]]:
    """The database, with paths as they are stored, and the mapped folders of this machine."""
    if not config.database_url:
        raise ConfigError(
            "Only a library in the database of a server is shared: set IIB_DATABASE_URL first, "
            "or tell a library in a file that it has moved with 'iib relocate'."
        )
    _require_no_server(config.data_dir)
    mapped = root_map.load(config.data_dir)
    with closing(open_database(config, as_stored=True)) as db:
        yield db, mapped


def import_marks(config: Config, path: str) -> import_export.Imported:
    """Import the marks of a file, see ``import_export.import_file``.

    A running server shows imported tags at once, and imported folders after its next start.
    """
    with closing(open_database(config)) as db:
        return import_export.import_file(db, _everywhere(), path)


def import_lines(config: Config, lines: Sequence[str]) -> import_export.Imported:
    """Import the marks of lines, see ``import_export.import_lines``."""
    with closing(open_database(config)) as db:
        return import_export.import_lines(db, _everywhere(), lines)


def export_marks(config: Config) -> Iterator[str]:
    """All marks of the library, as JSON lines."""
    with closing(open_database(config)) as db:
        yield from import_export.export_lines(db, _everywhere())


def relocate(config: Config, old: str, new: str, *, dry_run: bool) -> Relocated:
    """Change a path prefix in every table of the database. ``dry_run`` only counts."""
    with closing(open_database(config)) as db:
        return roots.relocate(db, _everywhere(), old, new, dry_run=dry_run)


def forget_missing(
    config: Config, folders: Sequence[str], query_text: str, *, dry_run: bool
) -> dict[str, Any]:
    """Remove missing files from the index, see ``Missing``.

    ``folders``: only files in or below these, which count as roots of this call.
    """
    real = [paths.real(folder) for folder in folders]
    with closing(open_database(config)) as db:
        access, jobs = _everywhere(), Jobs()
        roots.load(db, access, (*config.roots, *real))
        index = Indexer(db, access, jobs, config.data_dir, Readers())
        try:
            criterion = library.scoped(query.parse(query_text), access, real)
            job = jobs.wait(Missing(db, jobs, index).start(criterion, dry_run=dry_run).job_id)
        finally:
            jobs.close()
            index.close()
    if job.status != "completed":
        raise Conflict(job.error)
    return dict(job.result)


def _everywhere() -> Access:
    """Access to every path, as the user of this machine has it."""
    return Access((), restricted=False)
