"""The generators, one module each, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Callable

from iib_core.metadata.containers.embedded import Embedded
from iib_core.metadata.generators import (
    automatic1111,
    c2pa,
    civitai,
    comfyui,
    diffusers,
    drawthings,
    easydiffusion,
    fooocus,
    invokeai,
    keyvalues,
    mflux,
    midjourney,
    novelai,
    stabilitymatrix,
    swarmui,
    tensorart,
    wangp,
)
from iib_core.metadata.info import GenerationInfo

Parser = Callable[[Embedded], "GenerationInfo | None"]

# First those that write a ComfyUI graph or an infotext beside their own form, then ComfyUI and the
# webui, then what says little.
PARSERS: tuple[Parser, ...] = (
    swarmui.parse,
    stabilitymatrix.parse,
    tensorart.parse,
    civitai.parse,
    fooocus.parse,
    novelai.parse,
    invokeai.parse,
    drawthings.parse,
    easydiffusion.parse,
    comfyui.parse,
    automatic1111.parse,
    mflux.parse,
    wangp.parse,
    diffusers.parse,
    midjourney.parse,
    keyvalues.parse,
    c2pa.parse,
    civitai.parse_info,
)
