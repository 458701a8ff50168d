"""Access: which paths exist for a client.

A path becomes safe here once, at the edge; services take resolved paths only.
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
    """A folder of the library.

    ``path`` as the user wrote it (absolute), ``real`` with every symlink followed.

    ``kind``: ``scan`` is indexed, ``scan-fixed`` too and pinned, ``walk`` is only browsed.
    ``is_fixed``: it is of the settings.
    ``mount``: where its drive was mounted when its files were last seen, "" where that is not known.
    ``is_met``: whether it was there when links were followed; what a drive that is away is called
    when it comes cannot be known before.
    """

    path: str
    real: str
    kind: str = "scan"
    alias: str = ""
    is_fixed: bool = True
    mount: str = ""
    is_met: bool = True

    @staticmethod
    def at(path: str, kind: str = "scan", alias: str = "", *, is_fixed: bool = True) -> Root:
        """The root at a path, links followed as they lead now; as it is written where it cannot be reached."""
        path = paths.without_prefix(path)
        real = paths.real_or_given(path)
        return Root(path, real, kind, alias, is_fixed, is_met=os.path.isdir(real))

    def met(self) -> Root:
        """The same with the links followed again, where it was away then or, as Windows permits, is
        now spelled in another case.
        """
        if not os.path.isdir(self.path):
            return self
        real = paths.real_or_given(self.path)
        is_known = self.is_met and os.path.normcase(real) != os.path.normcase(self.real)
        return self if is_known else replace(self, real=real, is_met=True)

    @property
    def online(self) -> bool:
        """Whether its files can be reached now.

        Of a drive that is unplugged the folder is gone, or it is the empty one that the drive was
        mounted on. One that came by another name is met first: under the name that it was expected
        by, its files would be known twice.
        """
        if not os.path.isdir(self.real) or not (self.is_met or self.met().real == self.real):
            return False
        return not (self.mount and _is_empty(self.real) and mounts.find(self.real) != self.mount)


class Access:
    """The roots of the library and whether a client is held to them.

    ``restricted``: only paths under a root exist. Without it every path of this machine's user
    does, as in a file manager.
    ``allowed``: the folders that exist instead of the roots, where there are any; such a list
    always restricts.
    ``data_dir``: the folder of the program's own data, which exists for no client wherever it lies.
    ``path_module``: what paths mean, ``posixpath`` or ``ntpath``.
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
        self._met_at = float("-inf")
        self._changing = threading.RLock()
        self._mounts = mounts.SeenMounts(os.path.join(self.data_dir, _MOUNTS) if data_dir else "")
        self.set_roots(roots)

    @property
    def roots(self) -> tuple[Root, ...]:
        """The roots in the user's order."""
        return self._roots

    def set_roots(self, roots: Iterable[str | Root]) -> None:
        """Take these folders as the roots; the tuple is swapped whole, so readers need no lock."""
        taken = [root if isinstance(root, Root) else Root.at(root) for root in roots]
        shared = self._own_by_shares(taken)
        with self._changing:
            self._shared_own = shared
            self._roots = tuple(replace(root, mount=self._mounts.get(root.real)) for root in taken)

    def meet_roots(self) -> list[tuple[str, str]]:
        """Take roots whose drive has come back as they are called now.

        Returns the real paths that changed, before and now.
        """
        met = {root: root.met() for root in self._roots}
        with self._changing:
            self.set_roots(met.get(root, root) for root in self._roots)
        return [(old.real, new.real) for old, new in met.items() if old.real != new.real]

    def _have_roots_changed(self) -> bool:
        """Whether a root that was away when links were followed is there now, under another name.

        It is looked at every few seconds only.
        """
        now = time.monotonic()
        if all(root.is_met for root in self._roots) or now - self._met_at < _MEET_EVERY_S:
            return False
        self._met_at = now
        return bool(self.meet_roots())

    def note_mounts(self) -> None:
        """Keep where the drives of the roots are mounted now.

        Of empty roots and those that are away, what was known stays.
        """
        seen = {
            root.real: mounts.find(root.real) if root.online and not _is_empty(root.real) else root.mount
            for root in self._roots
        }
        self._mounts.put({real: place for real, place in seen.items() if place})
        with self._changing:
            self.set_roots(self._roots)

    def require_online(self, folders: Iterable[str]) -> None:
        """Raise Conflict where one of these resolved paths lies in a root whose drive is away.

        What is written there would vanish beneath the drive when it is back.
        """
        within = {root for folder in folders if (root := self._root_of(folder)) is not None}
        for root in within:
            if not root.online:
                raise Conflict(
                    f"{paths.quoted(root.path)} is not connected: connect its drive, then try again."
                )

    def _root_of(self, real: str) -> Root | None:
        """The innermost root that a resolved path lies in."""
        holding = [root for root in self._roots if paths.is_under(real, root.real, self._path_module)]
        return max(holding, key=lambda root: len(root.real), default=None)

    def resolve(self, raw: str) -> DiskPath:
        """The real path that ``raw`` leads to, every symlink followed.

        It need not exist. Raises InvalidRequest for what is no path, AccessDenied where it leads
        outside the roots.
        """
        return self._resolve(self.check(raw))

    def check(self, raw: str) -> DiskPath:
        """As ``paths.check``.

        Raises AccessDenied also for a share of the network that is none of the library's: it is not
        even asked.

        To ask for it would send the password of this program's user, scrambled, to a machine that
        the client chose.
        """
        path = paths.check(raw, self._path_module)
        if not self.may_ask(path):
            raise AccessDenied(
                "This path is on a network share that is none of the library's: add its folder to the "
                "library to use it."
            )
        return path

    def may_ask(self, path: str) -> bool:
        """Whether a path may be looked at at all.

        Without restriction other folders of the library's shares may too.
        """
        if not paths.is_share(path, self._path_module):
            return True
        known = (
            *self._allowed_as_written,
            *self._allowed,
            *(place for root in self._roots for place in (root.path, root.real)),
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
                    "This path is in the program's own data folder, which is no part of the library."
                )
            raise AccessDenied(
                "This path is outside the library's folders: add its folder to the library to use it."
            )
        return real

    def resolve_each(self, raws: Iterable[str]) -> dict[str, DiskPath]:
        """As ``resolve`` for many, by the path as it was given; the folder of thousands of files is
        looked up once.
        """
        folders: dict[str, str] = {}
        return {raw: self._resolve_in(folders, raw) for raw in dict.fromkeys(raws)}

    def _resolve_in(self, folders: dict[str, str], raw: str) -> DiskPath:
        """As ``resolve``.

        ``folders`` are what the folders of paths lead to, "" where that says nothing of their
        files.
        """
        head, _, name = raw.rpartition("/")
        if not head or not _is_plain(name) or len(raw) > paths.MAX_PATH_CHARS:
            return self.resolve(raw)
        prefix = folders.get(head)
        if prefix is None:
            real = paths.real(os.path.dirname(self.check(raw)))
            # On Windows a file's own name has several spellings.
            prefix = folders[head] = os.path.join(real, "") if os.name != "nt" and self.allows(real) else ""
        path = DiskPath(prefix + name)
        return path if prefix and path != self.data_dir and not os.path.islink(path) else self.resolve(raw)

    def resolve_existing(self, raw: str) -> DiskPath:
        """As ``resolve``; NotFound where nothing is there."""
        real = self.resolve(raw)
        if not os.path.exists(real):
            raise NotFound(f"{paths.quoted(raw)} does not exist.")
        return real

    def resolve_file(self, raw: str) -> DiskPath:
        """As ``resolve``; NotFound where nothing is there, InvalidRequest where it is a folder or a device."""
        real = self.resolve(raw)
        if not os.path.isfile(real):
            self.resolve_existing(raw)
            raise InvalidRequest(f"{paths.quoted(raw)} is not a file.")
        return real

    def resolve_folder(self, raw: str) -> DiskPath:
        """As ``resolve``; NotFound where nothing is there, InvalidRequest where it is a file."""
        return self._require_folder(self.resolve_existing(raw), raw)

    def resolve_new_root(self, raw: str) -> DiskPath:
        """As ``resolve_folder`` for a folder that is to be added: without restriction it may be on
        any share, because its user names it.
        """
        return self._require_folder(self.resolve_new(raw), raw)

    def resolve_new(self, raw: str) -> DiskPath:
        """As ``resolve_new_root``; it need not be there."""
        return self._resolve(self.check_new_root(raw))

    def check_new_root(self, raw: str) -> DiskPath:
        """As ``check`` for such a folder."""
        return self.check(raw) if self.restricted else paths.check(raw, self._path_module)

    def _require_folder(self, real: DiskPath, raw: str) -> DiskPath:
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
        """Whether a client may see what a path leads to now.

        A link that is replaced while it is followed leads nowhere.
        """
        try:
            return self.may_ask(path) and self.allows(paths.real(path))
        except Conflict:
            return False

    @property
    def visible(self) -> tuple[str, ...] | None:
        """The folders, resolved, outside of which nothing exists for a client; None where everything does."""
        if self._allowed:
            return self._allowed
        return tuple(root.real for root in self._roots) if self.restricted else None

    def is_own(self, real: str) -> bool:
        """Whether a resolved path is of the program's own data.

        A root inside of that folder, such as the sample library, is not.
        """
        if any(paths.is_under(real, folder, self._path_module) for folder in self._shared_own):
            return True
        if not self.data_dir or not paths.is_under(real, self.data_dir, self._path_module):
            return False
        return not any(
            paths.is_under(real, root.real, self._path_module)
            for root in self._roots
            if root.real != self.data_dir and paths.is_under(root.real, self.data_dir, self._path_module)
        )

    def _own_by_shares(self, roots: Iterable[Root]) -> tuple[str, ...]:
        """The own data folder by the names that it has on the shares of the library, where one of
        them is a folder of this very machine.
        """
        if not self.data_dir or paths.is_share(self.data_dir, self._path_module):
            return ()
        shares = {paths.share_of(root.real, self._path_module) for root in roots if root.is_met} - {""}
        return tuple(place for share in sorted(shares) if (place := self._find_own_below(share)))

    def _find_own_below(self, share: str) -> str:
        top, above = share + self._path_module.sep, self.data_dir
        while True:
            try:
                if self._path_module.samefile(top, above):
                    return str(
                        self._path_module.normpath(
                            self._path_module.join(top, self._path_module.relpath(self.data_dir, above))
                        )
                    )
            except OSError:  # it has gone away
                return ""
            if self._path_module.dirname(above) == above:
                return ""
            above = self._path_module.dirname(above)

    def holds_own(self, real: str) -> bool:
        """Whether the program's own data lies in this folder, or is it."""
        return bool(self.data_dir) and paths.is_under(self.data_dir, real, self._path_module)

    def is_under_root(self, real: str) -> bool:
        """Whether a resolved path belongs to the library."""
        return any(paths.is_under(real, root.real, self._path_module) for root in self._roots)

    def open(self, real: str) -> BinaryIO:
        """The file at a resolved path, for reading.

        A symlink swapped in between the check and the opening does not get through: the opened
        file's own path is checked again.
        """
        try:
            file = reading.open_file(real)
        except FileNotFoundError as exc:
            raise NotFound(f"{paths.quoted(real)} does not exist.") from exc
        except OSError as exc:
            raise AccessDenied(f"{paths.quoted(real)} cannot be read: {exc.strerror or exc}.") from exc
        if (self.restricted or self.data_dir) and not self._is_still(file, real):
            file.close()
            raise AccessDenied(
                "This path changed while it was opened and now leads to where no client may go."
            )
        return file

    def _is_still(self, file: BinaryIO, real: str) -> bool:
        try:
            return self.allows(
                os.readlink(f"/proc/self/fd/{file.fileno()}")
            )  # the system's own word, with no link left in it
        except OSError:
            pass
        try:
            again = paths.real(real)
            return self.allows(again) and os.path.samestat(os.fstat(file.fileno()), os.stat(again))
        except (OSError, Conflict):
            return False

    @property
    def read_only(self) -> bool:
        """Whether nothing may change."""
        return self.permission in ("read-only", "no-access")

    def require_read(self) -> None:
        """Raise AccessDenied where nothing may be shown."""
        if self.permission in ("write-only", "no-access"):
            raise AccessDenied(f"This server's permission is {self.permission}: it shows nothing.")

    def require_write(self) -> None:
        """Raise ReadOnly where nothing may change."""
        if self.read_only:
            raise ReadOnly(f"This server's permission is {self.permission}: nothing can be changed.")


def _is_empty(folder: str) -> bool:
    try:
        with os.scandir(folder) as listed:
            return next(listed, None) is None
    except OSError:
        return False


def _is_plain(name: str) -> bool:
    """Whether a part of a path is a name that stays what it is."""
    return name.isascii() and "\0" not in name and name not in ("", ".", "..")
