"""Searches over the part of the library that a client may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from iib_core import paths
from iib_core.access import Access
from iib_core.db import images
from iib_core.db.engine import Database
from iib_core.db.search import pages, random_rows
from iib_core.db.search.pages import Page, Result
from iib_core.db.search.sorting import Order
from iib_core.search.criteria import HERE, And, Criterion, InFolder


def find(
    db: Database,
    access: Access,
    criterion: Criterion,
    folders: Sequence[str] = (),
    *,
    order: Order | None = None,
    cursor: str = "",
    size: int = 200,
) -> Page:
    """A page of the files that satisfy ``criterion`` in or below ``folders`` (resolved; none means
    everywhere).

    Raises InvalidRequest.
    """
    with db.read() as conn:
        return pages.find(
            conn,
            scoped(criterion, access, folders),
            order=order,
            cursor=cursor,
            size=size,
            orders=db.orders,
        )


def count(
    db: Database,
    access: Access,
    criterion: Criterion,
    folders: Sequence[str] = (),
    *,
    at_most: int | None = pages.COUNTED,
) -> tuple[int, bool]:
    """The number of files that satisfy it, and whether that is all of them."""
    with db.read() as conn:
        return pages.count(conn, scoped(criterion, access, folders), at_most=at_most)


def draw(db: Database, access: Access, number: int) -> list[Result]:
    """``number`` random files, each file with the same probability."""
    with db.read() as conn:
        return pages.describe(conn, random_rows.draw(conn, scoped(And(), access), number))


def count_files(db: Database, access: Access) -> int:
    """The number of files that a client can find."""
    with db.read() as conn:
        return (
            images.count(conn)
            if access.visible is None and not access.lacks_folders
            else pages.count(conn, scoped(And(), access), at_most=None)[0]
        )


def count_each(db: Database, access: Access, folders: Iterable[str]) -> dict[str, int]:
    """The number of files in and below each folder (resolved) that a client can find."""
    with db.read() as conn:
        return {
            path: pages.count(conn, scoped(And(), access, [path]), at_most=None)[0]
            for path in folders
        }


def scoped(criterion: Criterion, access: Access, folders: Sequence[str] = ()) -> Criterion:
    """``criterion`` within ``folders``, and within the folders that a client may see: the index may
    contain files of a folder that is no root any more, or that only other servers see.
    """
    scopes = [InFolder(tuple(map(paths.to_text, folders)))] if folders else []
    if access.visible is not None:
        scopes.append(InFolder(tuple(map(paths.to_text, access.visible))))
    elif access.lacks_folders:
        scopes.append(InFolder((HERE,)))
    return And((*scopes, criterion)) if scopes else criterion
