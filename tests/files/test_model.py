"""Any sequence of operations compared with a model: the place of every file, the index, and the
result of undo.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from iib_core.errors import IIBError
from iib_core.files.spec import OnFailure
from iib_core.mediatypes import media_type
from tests.files.worlds import World
from tests.searches import rounds

FOLDERS = ["a", "b", "a/sub", "far", "far/deep"]
NAMES = ["p.png", "p.jpg", "p.txt", "q.png", "q.json", "r.webp", "p.png.txt"]
PLACES = [f"{folder}/{name}" for folder in FOLDERS for name in NAMES]
EXAMPLES = 400 if os.environ.get("IIB_EXHAUSTIVE") else rounds(25)
places = st.lists(st.sampled_from(PLACES + FOLDERS), min_size=1, max_size=4)
conflicts = st.sampled_from(["error", "rename", "skip"])
replacing = st.lists(st.sampled_from(PLACES), max_size=3)
failures = st.sampled_from([OnFailure.UNDO_ALL, OnFailure.SKIP])


class Library(RuleBasedStateMachine):
    """The model: the content of every file, and for each operation that can be undone the state of
    the whole library before it.
    """

    operations: Bundle[str] = Bundle("operations")

    @initialize()
    def begin(self) -> None:
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.top = tempfile.mkdtemp(dir=memory)
        self.world = World(Path(self.top))
        self.world.put(
            "a/p.png", "a/p.jpg", "a/p.txt", "b/q.png", "a/sub/p.png", "far/r.webp", tag="mine"
        )
        self.written = 6
        self.before: dict[str, object] = {}
        self.after: dict[str, object] = {}

    def teardown(self) -> None:
        self.world.close()
        shutil.rmtree(self.top)

    def state(self) -> object:
        return self.world.files(), self.world.rows()

    def perform(self, act):
        before = self.state()
        everything = self.contents()
        try:
            operation_id = act().operation_id
        except IIBError:
            assert self.state() == before
            return ""
        if operation_id is None:
            assert self.state() == before
            return ""
        assert everything <= self.contents()
        self.before[operation_id], self.after[operation_id] = before, self.state()
        return operation_id

    def contents(self) -> set[str]:
        return {text for text, _ in self.world.files(with_trash=True).values()}

    @rule(place=st.sampled_from(PLACES))
    def write(self, place):
        path = self.world.root / place
        if path.exists() or not path.parent.is_dir():
            return
        self.written += 1
        path.write_text(f"file {self.written}")
        os.utime(path, ns=(self.written * 1_000_000_000, self.written * 1_000_000_000))
        if media_type(place):
            self.world.index(place)

    @rule(
        target=operations,
        chosen=places,
        dest=st.sampled_from(FOLDERS),
        conflict=conflicts | st.just("replace"),
        on_failure=failures,
        replace=replacing,
    )
    def move(self, chosen, dest, conflict, on_failure, replace):
        return self.perform(
            lambda: self.world.operations.move(
                self.world.paths(*chosen),
                self.world.path(dest),
                create=True,
                on_failure=on_failure,
                on_conflict=conflict,
                replace=self.world.paths(*replace),
            )
        )

    @rule(
        target=operations,
        chosen=places,
        dest=st.sampled_from(FOLDERS),
        conflict=conflicts | st.just("replace"),
        on_failure=failures,
        replace=replacing,
    )
    def copy(self, chosen, dest, conflict, on_failure, replace):
        return self.perform(
            lambda: self.world.operations.copy(
                self.world.paths(*chosen),
                self.world.path(dest),
                create=True,
                on_failure=on_failure,
                on_conflict=conflict,
                replace=self.world.paths(*replace),
            )
        )

    @rule(
        target=operations,
        place=st.sampled_from(PLACES + FOLDERS),
        name=st.sampled_from([*NAMES, "sub", "deep"]),
    )
    def rename(self, place, name):
        if media_type(name) and not media_type(place):
            return ""  # the index would learn of it from the indexer only
        return self.perform(lambda: self.world.operations.rename(self.world.path(place), name))

    @rule(target=operations, folder=st.sampled_from(["a", "far", "a/sub", ""]), conflict=conflicts)
    def flatten(self, folder, conflict):
        return self.perform(
            lambda: self.world.operations.flatten(
                self.world.path(folder).rstrip("/"), on_conflict=conflict
            )
        )

    @rule(target=operations, chosen=places)
    def delete(self, chosen):
        return self.perform(lambda: self.world.operations.delete(self.world.paths(*chosen)))

    @rule(target=operations, place=st.sampled_from(PLACES))
    def edit(self, place):
        def write(draft: str) -> None:
            self.written += 1
            Path(draft).write_text(f"file {self.written}")
            os.utime(draft, ns=(self.written * 1_000_000_000, self.written * 1_000_000_000))

        return self.perform(lambda: self.world.operations.edit(self.world.path(place), write))

    @rule(operation_id=operations)
    def undo(self, operation_id):
        untouched = self.after.get(operation_id) == self.state()
        before = self.state()
        try:
            self.world.operations.undo(operation_id)
        except IIBError:
            assert self.state() == before
            # An operation whose result is there again can be undone, unless the files were replaced
            # or it was undone already.
            return
        if untouched:
            assert self.state() == self.before[operation_id]

    @rule()
    def restart(self):
        self.world.close()
        self.world = World(Path(self.top))
        assert self.world.operations.recover() == 0

    @invariant()
    def the_index_is_the_disk(self):
        self.world.assert_index_is_disk()


TestLibrary = Library.TestCase
TestLibrary.settings = settings(
    max_examples=int(os.environ.get("IIB_EXAMPLES", rounds(25))),
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
