"""Access: which paths exist for a client.

A path is checked here once, at the edge; services take resolved paths only.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import BinaryIO

from iib_core import mounts, paths, reading
from iib_core.errors import AccessDenied, Conflict, InvalidRequest, NotFound, ReadOnly
from iib_core.paths import DiskPath

_MOUNTS = "mounts.json"
_MEET_EVERY_S = 5.0


@dataclass(frozen=True)
class Root:
    """A root of the library.

    ``path``: absolute, as the user wrote it. ``real``: the same, resolved. ``kind``: ``scan`` is
    indexed, ``scan-fixed`` is indexed and pinned, ``walk`` is browsed only. ``is_fixed``: whether
    it comes from the settings. ``mount``: where its drive was mounted when its files were last
    seen, "" if that is not known. ``is_met``: whether it existed when it was resolved. A drive that
    was offline then may come back under another name.
    """

    path: DiskPath
    real: DiskPath
    kind: str = "scan"
    alias: str = ""
    is_fixed: bool = True
    mount: str = ""
    is_met: bool = True

    @staticmethod
    def at(path: str, kind: str = "scan", alias: str = "", *, is_fixed: bool = True) -> Root:
        """The root at a path, resolved now; ``real`` is the path itself if it cannot be reached."""
        spelled = DiskPath(paths.without_prefix(path))
        found = _real_folder(spelled)
        real = found or paths.real_or_given(spelled)
        return Root(spelled, real, kind, alias, is_fixed, is_met=found is not None)

    def met(self) -> Root:
        """The root resolved again, if it was offline before, is a link that leads elsewhere now or,
        on Windows, has another case now. A folder that became a link stays what it was.
        """
        real = _real_folder(self.path)
        if real is None:
            return self
        is_other = os.path.normcase(real) != os.path.normcase(self.real)
        if is_other and self.is_met and not self._is_through_link:
            return self
        return replace(self, real=real, is_met=True)

    @property
    def _is_through_link(self) -> bool:
        """Whether a link led to the folder when it was resolved."""
        return os.path.normcase(os.path.normpath(self.path)) != os.path.normcase(self.real)

    @property
    def online(self) -> bool:
        """Whether its files can be reached now.

        The folder of an unplugged drive is gone, or it is the empty mount point. A drive that came
        back under another name is offline until it is met: otherwise its files would be indexed
        twice.
        """
        if paths.is_elsewhere(self.real) or not os.path.isdir(self.real):
            return False
        if not (self.is_met or self.met().real == self.real):
            return False
        return not (self.mount and _is_empty(self.real) and mounts.find(self.real) != self.mount)


def _real_folder(path: DiskPath) -> DiskPath | None:
    """The real path of a folder; None if it is not there. A link on the way may be changed meanwhile:
    what was resolved is believed if it leads to itself.
    """
    if paths.is_elsewhere(path):
        return None
    real = paths.real_or_given(path)
    again = paths.real_or_given(real)
    is_there = os.path.isdir(real) and os.path.normcase(again) == os.path.normcase(real)
    return real if is_there else None


class Access:
    """The roots of the library, and whether a client may see other paths.

    ``restricted``: only paths in a root exist. Otherwise every path that this machine's user can
    read exists, as in a file manager. ``allowed``: folders that exist in place of the roots; if
    there are any, access is restricted. ``data_dir``: the folder of the program's own data, which
    exists for no client. ``path_module``: ``posixpath`` or ``ntpath``.
    """

    def __init__(
        self,
        roots: Iterable[str | Root],
        *,
        restricted: bool,
        permission: str = "read-write",
        allowed: Sequence[str] = (),
        data_dir: str = "",
        path_module: ModuleType = os.path,
    ) -> None:
        self._path_module = path_module
        self.restricted = restricted or bool(allowed)
        self.permission = permission
        self._roots: tuple[Root, ...] = ()
        self._shared_own: tuple[str, ...] = ()
        self._allowed_as_written = tuple(map(paths.without_prefix, allowed))
        self._allowed = tuple(map(paths.real_or_given, self._allowed_as_written))
        self.data_dir = paths.real(data_dir, path_module) if data_dir else ""
        # Whether the library has folders that only other servers see.
        self.lacks_folders = False
        self._met_at = float("-inf")
        self._changing = threading.RLock()
        self._mounts = mounts.SeenMounts(os.path.join(self.data_dir, _MOUNTS) if data_dir else "")
        self.set_roots(roots)

    @property
    def roots(self) -> tuple[Root, ...]:
        """The roots, in the user's order."""
        return self._roots

    def set_roots(self, roots: Iterable[str | Root]) -> None:
        """Replace the roots. Readers need no lock, because they see either tuple."""
        taken = [root if isinstance(root, Root) else Root.at(root) for root in roots]
        shared = self._own_by_shares(taken)
        with self._changing:
            self._shared_own = shared
            self._roots = tuple(replace(root, mount=self._mounts.get(root.real)) for root in taken)

    def meet_roots(self) -> list[tuple[str, str]]:
        """Resolve roots whose drive has come back. Returns (old, new) for each real path that
        changed.
        """
        met = {root: root.met() for root in self._roots}
        with self._changing:
            self.set_roots(met.get(root, root) for root in self._roots)
        return [(old.real, new.real) for old, new in met.items() if old.real != new.real]

    def _have_roots_changed(self) -> bool:
        """Whether a root that was offline is back under another name. Looks only every few seconds."""
        now = time.monotonic()
        if all(root.is_met for root in self._roots) or now - self._met_at < _MEET_EVERY_S:
            return False
        self._met_at = now
        return bool(self.meet_roots())

    def note_mounts(self) -> None:
        """Store where the drives of the roots are mounted now; empty and offline roots keep their
        mounts.
        """
        seen: dict[str, str] = {}
        for root in self._roots:
            has_files = root.online and not _is_empty(root.real)
            mount = mounts.find(root.real) if has_files else root.mount
            if mount:
                seen[root.real] = mount
        self._mounts.put(seen)
        with self._changing:
            self.set_roots(self._roots)

    def require_online(self, folders: Iterable[str]) -> None:
        """Raise Conflict if one of these resolved paths is in a root that is offline.

        Files written there would be hidden beneath the drive when it is back.
        """
        folders = list(folders)
        for folder in folders:
            paths.require_here(folder)
        for root in {self._root_of(folder) for folder in folders}:
            if root is not None and not root.online:
                raise Conflict(
                    f"{paths.quoted(root.path)} is not connected: connect its drive, or make the "
                    "folder if there was none yet, then try again."
                )

    def _root_of(self, real: str) -> Root | None:
        """The innermost root that contains a resolved path."""
        holding = [
            root for root in self._roots if paths.is_under(real, root.real, self._path_module)
        ]
        return max(holding, key=lambda root: len(root.real), default=None)

    def resolve(self, raw: str) -> DiskPath:
        """The resolved path of ``raw``, which need not exist.

        Raises InvalidRequest for an invalid path, AccessDenied for one that leads out of the
        library.
        """
        return self._resolve(self.check(raw))

    def check(self, raw: str) -> DiskPath:
        """As ``paths.check``, and raises AccessDenied for a network share that is not in the
        library.

        Such a share is not looked up at all: that would send a hash of this user's password to a
        machine that the client chose.
        """
        path = paths.check(raw, self._path_module)
        if not self.may_ask(path):
            raise AccessDenied(
                "This path is on a network share that is not in the library: add its folder to the library "
                "to use it."
            )
        return path

    def may_ask(self, path: str) -> bool:
        """Whether a path may be looked up at all.

        On network shares, only folders of the library may; without restriction, all folders of its
        shares.
        """
        if not paths.is_share(path, self._path_module):
            return True
        known = (
            *self._allowed_as_written,
            *self._allowed,
            *(path for root in self._roots for path in (root.path, root.real)),
        )
        if self.restricted:
            return any(paths.is_under(path, folder, self._path_module) for folder in known)
        return paths.share_of(path, self._path_module) in {
            paths.share_of(folder, self._path_module) for folder in known
        }

    def _resolve(self, path: str) -> DiskPath:
        real = paths.real(path, self._path_module)
        if not self.allows(real) and not (self._have_roots_changed() and self.allows(real)):
            if self.is_own(real):
                raise AccessDenied(
                    "This path is in the program's own data folder, which is not part of the library."
                )
            raise AccessDenied(
                "This path is outside the library's folders: add its folder to the library to use it."
            )
        return real

    def resolve_entry(self, raw: str) -> DiskPath:
        """As ``resolve``, but a link to a file stays itself: in the index, and with its marks, it is
        another picture than the one that it leads to.
        """
        real = self.resolve(raw)
        path = self.check(raw)
        if real == path or not os.path.islink(path) or os.path.isdir(real):
            return real
        entry = DiskPath(os.path.join(paths.real(os.path.dirname(path)), os.path.basename(path)))
        return entry if self.allows(entry) else real

    def resolve_each(self, raws: Iterable[str]) -> dict[str, DiskPath]:
        """Resolved paths by path as given, see ``resolve_entry``. The folder of several files is
        resolved once.
        """
        folders: dict[str, str] = {}
        return {raw: self._resolve_in(folders, raw) for raw in dict.fromkeys(raws)}

    def _resolve_in(self, folders: dict[str, str], raw: str) -> DiskPath:
        """As ``resolve_entry``. ``folders``: prefixes of resolved paths by folder as given; "" for a
        folder whose files have to be resolved one by one.
        """
        head, _, name = raw.rpartition("/")
        if not head or not _is_plain(name) or len(raw) > paths.MAX_PATH_CHARS:
            return self.resolve_entry(raw)
        prefix = folders.get(head)
        if prefix is None:
            real = paths.real(os.path.dirname(self.check(raw)))
            # On Windows the name of a file has several spellings.
            is_enough = os.name != "nt" and self.allows(real)
            prefix = folders[head] = os.path.join(real, "") if is_enough else ""
        path = DiskPath(prefix + name)
        if not prefix or path == self.data_dir or os.path.islink(path):
            return self.resolve_entry(raw)
        return path

    def resolve_existing(self, raw: str) -> DiskPath:
        """As ``resolve``, and raises NotFound if it does not exist, RootElsewhere if only other servers
        see it.
        """
        real = self.resolve(raw)
        paths.require_here(real)
        if not os.path.exists(real):
            raise NotFound(f"{paths.quoted(raw)} does not exist.")
        return real

    def resolve_file(self, raw: str) -> DiskPath:
        """As ``resolve_existing``, and raises InvalidRequest if it is a folder or a device."""
        real = self.resolve(raw)
        paths.require_here(real)
        if not os.path.isfile(real):
            self.resolve_existing(raw)
            raise InvalidRequest(f"{paths.quoted(raw)} is not a file.")
        return real

    def resolve_file_entry(self, raw: str) -> DiskPath:
        """As ``resolve_file``, but a link stays itself, see ``resolve_entry``."""
        self.resolve_file(raw)
        return self.resolve_entry(raw)

    def resolve_folder(self, raw: str) -> DiskPath:
        """As ``resolve_existing``, and raises InvalidRequest if it is no folder."""
        return self._require_folder(self.resolve_existing(raw), raw)

    def resolve_new_root(self, raw: str) -> DiskPath:
        """As ``resolve_folder``, for a folder to add to the library. Without restriction it may be
        on any share, because the user of this machine names it.
        """
        return self._require_folder(self.resolve_new(raw), raw)

    def resolve_new(self, raw: str) -> DiskPath:
        """As ``resolve_new_root``, for a folder that need not exist."""
        return self._resolve(self.check_new_root(raw))

    def check_new_root(self, raw: str) -> DiskPath:
        """As ``check``, for a folder to add to the library."""
        return self.check(raw) if self.restricted else paths.check(raw, self._path_module)

    def _require_folder(self, real: DiskPath, raw: str) -> DiskPath:
        paths.require_here(real)
        if not os.path.exists(real):
            raise NotFound(f"{paths.quoted(raw)} does not exist.")
        if not os.path.isdir(real):
            raise InvalidRequest(f"{paths.quoted(raw)} is not a folder.")
        return real

    def allows(self, real: str) -> bool:
        """Whether a client may see this resolved path."""
        if self.is_own(real):
            return False
        if self._allowed:
            return any(paths.is_under(real, folder, self._path_module) for folder in self._allowed)
        return not self.restricted or self.is_under_root(real)

    def allows_link(self, path: str) -> bool:
        """Whether a client may see the file that a path leads to now; false for a link that is
        being replaced.
        """
        return self.follow(path) is not None

    def follow(self, path: str) -> DiskPath | None:
        """The real path that a link leads to now; None if a client may not see that, or if the link
        is being replaced.
        """
        try:
            real = paths.real(path) if self.may_ask(path) else None
        except Conflict:
            return None
        return real if real is not None and self.allows(real) else None

    @property
    def visible(self) -> tuple[DiskPath, ...] | None:
        """The resolved folders that exist for a client; None if all do."""
        if self._allowed:
            return self._allowed
        if not self.restricted:
            return None
        return tuple(root.real for root in self._roots if not paths.is_elsewhere(root.real))

    def is_own(self, real: str) -> bool:
        """Whether a resolved path belongs to the program's own data.

        A root in that folder, such as the sample library, does not.
        """
        if any(paths.is_under(real, folder, self._path_module) for folder in self._shared_own):
            return True
        if not self.data_dir or not paths.is_under(real, self.data_dir, self._path_module):
            return False
        return not any(
            paths.is_under(real, root.real, self._path_module)
            for root in self._roots
            if root.real != self.data_dir
            and paths.is_under(root.real, self.data_dir, self._path_module)
        )

    def _own_by_shares(self, roots: Iterable[Root]) -> tuple[str, ...]:
        """The paths of the data folder on shares of the library that this machine itself serves."""
        if not self.data_dir or paths.is_share(self.data_dir, self._path_module):
            return ()
        shares = {paths.share_of(root.real, self._path_module) for root in roots if root.is_met} - {
            ""
        }
        return tuple(filter(None, map(self._find_own_below, sorted(shares))))

    def _find_own_below(self, share: str) -> str:
        """The path of the data folder on a share; "" if it is not there."""
        top, above = share + self._path_module.sep, self.data_dir
        while True:
            try:
                if self._path_module.samefile(top, above):
                    below = self._path_module.relpath(self.data_dir, above)
                    return str(self._path_module.normpath(self._path_module.join(top, below)))
            except OSError:  # the share is offline
                return ""
            if self._path_module.dirname(above) == above:
                return ""
            above = self._path_module.dirname(above)

    def holds_own(self, real: str) -> bool:
        """Whether this folder is the data folder, or contains it."""
        return bool(self.data_dir) and paths.is_under(self.data_dir, real, self._path_module)

    def is_under_root(self, real: str) -> bool:
        """Whether a resolved path is in a root."""
        return any(paths.is_under(real, root.real, self._path_module) for root in self._roots)

    def open(self, real: str) -> BinaryIO:
        """The file at a resolved path, open for reading. Raises NotFound and AccessDenied.

        The path of the open file is checked again, so that a link that replaced the file meanwhile
        leads nowhere.
        """
        try:
            file = reading.open_file(real)
        except FileNotFoundError as exc:
            raise NotFound(f"{paths.quoted(real)} does not exist.") from exc
        except OSError as exc:
            raise AccessDenied(
                f"{paths.quoted(real)} cannot be read: {exc.strerror or exc}."
            ) from exc
        if (self.restricted or self.data_dir) and not self._is_still(file, real):
            file.close()
            raise AccessDenied(
                "This path changed while it was opened, and now leads out of the library."
            )
        return file

    def _is_still(self, file: BinaryIO, real: str) -> bool:
        """Whether an open file is one that a client may see."""
        try:
            # The kernel's fully resolved path of the open file.
            return self.allows(os.readlink(f"/proc/self/fd/{file.fileno()}"))
        except OSError:
            pass
        try:
            again = paths.real(real)
            return self.allows(again) and os.path.samestat(os.fstat(file.fileno()), os.stat(again))
        except (OSError, Conflict):
            return False

    @property
    def read_only(self) -> bool:
        """Whether clients may change nothing."""
        return self.permission in ("read-only", "no-access")

    @property
    def shows(self) -> bool:
        """Whether anything may be shown."""
        return self.permission not in ("write-only", "no-access")

    def require_read(self) -> None:
        """Raise AccessDenied if clients may see nothing."""
        if not self.shows:
            raise AccessDenied(f"This server's permission is {self.permission}: it shows nothing.")

    def require_write(self) -> None:
        """Raise ReadOnly if clients may change nothing."""
        if self.read_only:
            raise ReadOnly(
                f"This server's permission is {self.permission}: nothing can be changed."
            )


def _is_empty(folder: str) -> bool:
    try:
        with os.scandir(folder) as listed:
            return next(listed, None) is None
    except OSError:
        return False


def _is_plain(name: str) -> bool:
    """Whether the last part of a path is a file name that no system changes."""
    return name.isascii() and "\0" not in name and name not in ("", ".", "..")
