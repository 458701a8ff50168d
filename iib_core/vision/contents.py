"""The pass over the library: a vector of each picture and of the cover of each video, the newest
first, in idle time.

A vector is on the disk before its row is in the database, so that a kill loses nothing but the last
few.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from iib_core.access import Access
from iib_core.db import contents
from iib_core.db.contents import Unseen
from iib_core.db.engine import Database
from iib_core.media.decode import Small
from iib_core.media.thumbnails import Thumbnails
from iib_core.vision import inputs
from iib_core.vision.library_pass import EDGE_PX, LibraryPass
from iib_core.vision.model_table import VisionModel
from iib_core.vision.towers import Towers
from iib_core.vision.vectors import Vectors

logger = logging.getLogger(__name__)


class Contents(LibraryPass):
    """What one model has seen of the library."""

    def __init__(
        self,
        db: Database,
        access: Access,
        thumbnails: Thumbnails,
        towers: Towers,
        model: VisionModel,
        data_dir: str,
        is_generating: Callable[[], bool],
    ) -> None:
        super().__init__(db, access, thumbnails, towers, model, data_dir, is_generating)
        self.vectors = Vectors(self.folder, model.dimensions)

    def vector_of(self, image_id: int, path: str) -> NDArray[np.float32]:
        """The vector of the file at a resolved path, of an image id, 0 where it is in no index. It
        is made now where there is none.

        Raises what ``Thumbnails.small_of`` raises, and ServiceFailed.
        """
        if image_id in self.find_good([image_id]):
            known = self.vectors.get(image_id)
            if known is not None:
                return known
        _, small = self._thumbnails.small_of(path, self._access.open, EDGE_PX)
        return self.embed(small)

    def embed(self, small: Small) -> NDArray[np.float32]:
        """The vector of a small picture. Raises ServiceFailed."""
        pixels = inputs.pixels_of(small.image, self.model.image_rule)
        found: NDArray[np.float32] = self._towers.embed_pictures(self.model, [pixels])[0]
        return found

    def find_good(self, ids: Sequence[int]) -> set[int]:
        """Those of these files whose vector is of the file as it is now."""
        with self._db.read() as conn:
            return contents.find_good(conn, contents.find_model(conn, self.model.key), ids)

    def remove(self) -> None:
        """Forget all that the model has seen."""
        self.close()
        with self._db.write() as conn:
            contents.remove_model(conn, self.model.key)
        shutil.rmtree(self.folder, ignore_errors=True)

    def close(self) -> None:
        """Close the files of the vectors."""
        self.vectors.close()

    def _begin(self) -> None:
        # Another program may have changed the vectors since they were opened.
        self.vectors.reopen()

    def _keep(self, files: Sequence[Unseen], found: NDArray[np.float32]) -> None:
        self.vectors.add([file.image_id for file in files], found)

    def _tidy(self) -> None:
        """Bring vectors and rows together, after a kill and after files went."""
        known = self.vectors.known()
        with self._db.read() as conn:
            model_id = contents.find_model(conn, self.model.key)
            rows = contents.list_with_vector(conn, model_id)
        lost, gone = np.setdiff1d(rows, known), np.setdiff1d(known, rows)
        if len(lost):
            with self._db.write() as conn:
                contents.forget(conn, model_id, lost.tolist())
        if len(gone):
            self.vectors.remove(gone.tolist())
