"""Pictures for the sample library, drawn from a seed, so that no files are shipped and all runs are
equal.
"""

from __future__ import annotations

from iib_core.demo import figures, scenery
from iib_core.demo.paint import Picture

THEMES: dict[str, Picture] = {
    picture.__name__: picture
    for picture in (
        scenery.mountains,
        scenery.sea,
        scenery.forest,
        scenery.desert,
        scenery.balloons,
        scenery.castle,
        scenery.city,
        scenery.nebula,
        figures.flower,
        figures.cat,
        figures.owl,
        figures.robot,
        figures.coffee,
        figures.jellyfish,
        figures.mandala,
        figures.cabin,
    )
}
