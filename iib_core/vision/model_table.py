"""Models that see what is in a picture: their files, and how a picture and a text become their
input.

The sizes and hashes are those of the files at the revision of each address. A file whose hash is
not known would have no address: it could only be put there by hand, with a description
(``own_models``).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from iib_core.ai.file_store import ModelFile


@dataclass(frozen=True)
class ImageRule:
    """How a picture becomes the input ``input`` of the image tower, a tensor of
    (n, 3, edge_px, edge_px).

    ``crop``: the middle of it, as large as its shorter edge allows; otherwise all of it, out of
    shape. ``resample``: bilinear or bicubic. ``mean``, ``std``: by channel, of values from 0 to 1.
    ``input``, ``output``: their names; empty for the first one.
    ``layout``: "rgb-first", or "bgr-last" for a tensor of (n, edge_px, edge_px, 3) in the order of
    blue, green, red. ``pad``: all of it, in a white square. ``margin``: what is cut off at each edge,
    a share of the edge.
    """

    edge_px: int
    crop: bool
    resample: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    input: str = "pixel_values"
    output: str = ""
    layout: str = "rgb-first"
    pad: bool = False
    margin: float = 0.0


@dataclass(frozen=True)
class TextRule:
    """How a text becomes the input of the text tower: its tokens, cut off and filled up to
    ``length`` by ``pad_id``. ``lower``: in lower case. ``output`` as of ``ImageRule``.
    """

    length: int
    lower: bool
    pad_id: int
    output: str = ""


@dataclass(frozen=True)
class VisionModel:
    """A model with an image tower and, where words can be searched for, a text tower.

    ``dimensions``: of its vectors. ``languages``: what words it knows, "" without a text tower.
    ``is_own``: it was described by the user.
    """

    name: str
    title: str
    languages: str
    licence: str
    dimensions: int
    image: ModelFile
    image_rule: ImageRule
    text: ModelFile | None = None
    tokenizer: ModelFile | None = None
    text_rule: TextRule | None = None
    is_own: bool = False

    @property
    def files(self) -> tuple[ModelFile, ...]:
        """All of its files."""
        return tuple(file for file in (self.image, self.text, self.tokenizer) if file is not None)

    @property
    def size_bytes(self) -> int:
        """The size of all of its files."""
        return sum(file.size_bytes for file in self.files)

    @property
    def key(self) -> str:
        """Identifies what makes its vectors of pictures: the file, and the rule for its input."""
        made = hashlib.sha256(f"{self.image.sha256} {self.image_rule}".encode()).hexdigest()
        return f"{self.name}-{made[:12]}"


_HUB = "https://huggingface.co"
_SIGLIP = (
    f"{_HUB}/onnx-community/siglip2-base-patch16-224-ONNX/resolve"
    "/ba1f3b0843f24bc5417d38e19c37b287d719b2f4"
)
_CLIP = f"{_HUB}/Xenova/clip-vit-base-patch32/resolve/d15189d7028b43f1d3e65039190477f6af591c2a"

SIGLIP2 = VisionModel(
    "siglip2-base-patch16-224",
    "SigLIP 2 base (fp16)",
    "109 languages",
    "Apache-2.0",
    768,
    ModelFile(
        "siglip2-base-patch16-224/vision_model_fp16.onnx",
        "a1959f7bd3993a607e48839f6d01e25b876fe76afda301b028b78eef68aabd95",
        186_039_516,
        address=f"{_SIGLIP}/onnx/vision_model_fp16.onnx",
    ),
    ImageRule(224, False, "bilinear", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), output="pooler_output"),
    ModelFile(
        "siglip2-base-patch16-224/text_model_fp16.onnx",
        "711da56ada0a4aa11c7dd3320df741081a3cae4f0ae1b5e5c6d5b294738d0eb0",
        564_862_230,
        address=f"{_SIGLIP}/onnx/text_model_fp16.onnx",
    ),
    ModelFile(
        "siglip2-base-patch16-224/tokenizer.json",
        "cb9140fae3ac5122c972d37adf83e1248471a38147ad76f8215c8872c6fd8322",
        34_363_039,
        address=f"{_SIGLIP}/tokenizer.json",
    ),
    TextRule(64, True, 0, output="pooler_output"),
)
CLIP = VisionModel(
    "clip-vit-base-patch32",
    "CLIP ViT-B/32 (int8, small)",
    "English",
    "MIT",
    512,
    ModelFile(
        "clip-vit-base-patch32/vision_model_quantized.onnx",
        "583fd1110a514667812fee7d684952aaf82a99b959760c8d7dca7e0ab9839299",
        89_117_001,
        address=f"{_CLIP}/onnx/vision_model_quantized.onnx",
    ),
    ImageRule(
        224,
        True,
        "bicubic",
        (0.48145466, 0.4578275, 0.40821073),
        (0.26862954, 0.26130258, 0.27577711),
        output="image_embeds",
    ),
    ModelFile(
        "clip-vit-base-patch32/text_model_quantized.onnx",
        "73baab855d406190da9faa498cfedf65f15cf309f4cc7385b7b032e6d08e5c3a",
        64_504_507,
        address=f"{_CLIP}/onnx/text_model_quantized.onnx",
    ),
    ModelFile(
        "clip-vit-base-patch32/tokenizer.json",
        "f7f3b7af117d467b58374797691a6438d3e6b9e9cef800dfd5dced7f697a90cd",
        2_224_119,
        address=f"{_CLIP}/tokenizer.json",
    ),
    TextRule(77, False, 49407, output="text_embeds"),
)
# The first one is the default.
MODELS = (SIGLIP2, CLIP)
