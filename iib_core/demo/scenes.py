"""What the sample library shows: a scene is what one run of a program made of one prompt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from iib_core.demo import stamp
from iib_core.demo.stamp import Shot

Texts = Callable[[Shot], dict[str, str]]


@dataclass(frozen=True)
class Generator:
    """A program: what it writes into a PNG, and what it calls its files (fields: number, seed,
    time).
    """

    texts: Texts
    name: str


@dataclass(frozen=True)
class Scene:
    """``theme``: a name of ``art.THEMES``. ``generator``: a name of ``GENERATORS``.

    ``count``: pictures of one prompt, with seeds in a row. ``suffix``: another type than PNG, with
    the infotext. ``tags``: on its first picture. ``album``: of its first picture.
    """

    theme: str
    generator: str
    folder: str
    count: int
    prompt: str
    model: str
    lora: str = ""
    suffix: str = ".png"
    tags: tuple[str, ...] = ()
    album: str = ""


GENERATORS = {
    "a1111": Generator(stamp.a1111, "{number:05d}-{seed}"),
    "forge": Generator(stamp.forge, "{number:05d}-{seed}"),
    "sdnext": Generator(stamp.sdnext, "{number:05d}-{time:%Y-%m-%d}"),
    "comfyui": Generator(stamp.comfyui, "ComfyUI_{number:05d}_"),
    "fooocus": Generator(stamp.fooocus, "{time:%Y-%m-%d_%H-%M-%S}_{number:04d}"),
    "invokeai": Generator(stamp.invokeai, "{seed:08x}-1c5e-4b6a-9d2f-{number:012x}"),
    "novelai": Generator(stamp.novelai, "{number:05d} s-{seed}"),
    "swarmui": Generator(stamp.swarmui, "{number:04d}-{seed}"),
    "easydiffusion": Generator(stamp.easydiffusion, "{number:05d}_S{seed}"),
}

_DREAM, _REAL, _JUGGERNAUT = "dreamshaper_8", "realisticVisionV60B1", "juggernautXL_v9"
_MEINA, _FLUX, _PONY = "meinamix_v11", "flux1-dev", "ponyDiffusionV6XL"

SCENES = (
    Scene(
        "mountains",
        "a1111",
        "txt2img-images/landscapes",
        5,
        "misty mountain ridges at sunrise, layered hills, soft light, (matte painting:1.2)",
        _DREAM,
        tags=("wallpaper", "print"),
        album="Calendar",
    ),
    Scene(
        "cat",
        "forge",
        "txt2img-images/animals",
        5,
        "portrait of a cat looking at the viewer, whiskers, big eyes, flat illustration",
        _MEINA,
        "flat_style",
        tags=("animal/cat",),
        album="Best of",
    ),
    Scene(
        "balloons",
        "comfyui",
        "ComfyUI",
        4,
        "hot air balloons over green hills in the morning, clear sky, storybook illustration",
        _FLUX,
        tags=("wallpaper",),
        album="Calendar",
    ),
    Scene(
        "jellyfish",
        "comfyui",
        "ComfyUI",
        4,
        "glowing jellyfish in the deep sea, underwater, bioluminescence, dark water",
        _FLUX,
        "deep_glow",
        tags=("animal/sea",),
        album="Best of",
    ),
    Scene(
        "castle",
        "swarmui",
        "SwarmUI/2025-03",
        4,
        "fairy tale castle on a hill at dusk, towers, lit windows, fantasy art",
        _JUGGERNAUT,
        tags=("print",),
        album="Calendar",
    ),
    Scene(
        "flower",
        "forge",
        "img2img-images",
        4,
        "macro photo of a blooming flower in a meadow, petals, shallow depth of field, spring",
        _REAL,
        tags=("wallpaper",),
    ),
    Scene(
        "nebula",
        "forge",
        "txt2img-images/space",
        5,
        "glowing nebula in deep space, star field, cosmic clouds, astrophotography",
        _JUGGERNAUT,
        "cosmic_glow",
        tags=("wallpaper",),
        album="Best of",
    ),
    Scene(
        "owl",
        "novelai",
        "NovelAI",
        4,
        "owl on a branch at night, full moon, big yellow eyes, picture book",
        "",
        tags=("animal/owl",),
    ),
    Scene(
        "coffee",
        "fooocus",
        "Fooocus/2025-02-24",
        4,
        "cup of coffee with latte art on a wooden table, top view, food photography",
        "juggernautXL_v8Rundiffusion",
        tags=("still life",),
    ),
    Scene(
        "forest",
        "a1111",
        "txt2img-images/landscapes",
        4,
        "pine forest in morning mist, tall firs, sun behind the fog, nature photography",
        _DREAM,
        suffix=".jpg",
        album="Calendar",
    ),
    Scene(
        "robot",
        "swarmui",
        "SwarmUI/2025-02",
        4,
        "friendly robot with glowing eyes, retro toy, studio light, 3d render",
        _JUGGERNAUT,
        tags=("character/robot",),
    ),
    Scene(
        "city",
        "invokeai",
        "InvokeAI",
        4,
        "skyline of a neon city at night, lit windows, skyscrapers, cyberpunk, cinematic",
        _JUGGERNAUT,
        "neon_noir",
        tags=("wallpaper",),
    ),
    Scene(
        "cabin",
        "a1111",
        "txt2img-images/landscapes",
        4,
        "cabin in the snow on a winter night, light in the windows, falling snow, cosy",
        _DREAM,
        suffix=".webp",
        album="Calendar",
    ),
    Scene(
        "mandala",
        "invokeai",
        "InvokeAI",
        3,
        "mandala pattern, rings of petals, symmetrical ornament, vivid colours",
        _PONY,
    ),
    Scene(
        "sea",
        "sdnext",
        "txt2img-images/landscapes",
        4,
        "ocean waves under a full moon, calm sea, reflections, night, minimalist",
        _DREAM,
        tags=("wallpaper",),
        album="Calendar",
    ),
    Scene(
        "desert",
        "comfyui",
        "ComfyUI",
        4,
        "desert dunes in the evening sun, long shadows, red sand, wide angle",
        _FLUX,
        album="Calendar",
    ),
    Scene(
        "cat",
        "easydiffusion",
        "EasyDiffusion/1741",
        3,
        "kitten with green eyes, soft pastel background, children's book illustration",
        _MEINA,
        tags=("animal/cat",),
    ),
    Scene(
        "robot",
        "comfyui",
        "ComfyUI",
        3,
        "small android waving, display with a smile, product photo, pastel studio background",
        _FLUX,
        tags=("character/robot",),
    ),
    Scene(
        "mountains",
        "fooocus",
        "Fooocus/2025-01-19",
        4,
        "alpine peaks above the clouds, first light, wide panorama, landscape photography",
        "juggernautXL_v8Rundiffusion",
        album="Calendar",
    ),
    Scene(
        "flower",
        "novelai",
        "NovelAI",
        3,
        "dahlia blossom, many petals, garden in summer, close-up, no humans",
        "",
    ),
    Scene(
        "city",
        "forge",
        "txt2img-images/cities",
        4,
        "towers of a big city after sunset, thousand windows, purple sky, long exposure",
        _REAL,
        suffix=".webp",
    ),
    Scene(
        "nebula",
        "sdnext",
        "txt2img-images/space",
        3,
        "colourful gas clouds of a supernova remnant, stars, space telescope",
        _PONY,
    ),
    Scene(
        "owl",
        "a1111",
        "txt2img-images/animals",
        3,
        "wise owl with round eyes, feathers, moonlight, flat illustration",
        _MEINA,
        "flat_style",
        tags=("animal/owl",),
    ),
)
