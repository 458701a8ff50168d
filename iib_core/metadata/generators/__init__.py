"""The generators: one module each, and the order in which their parsers are tried."""

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

# First the programs that write a ComfyUI graph or an infotext beside their own format, then ComfyUI
# and the webui, then formats with few values.
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
