"""Boilerplate: words of nearly every prompt that say nothing about the subject of a picture, such
as quality, resolution and cameras; in English and Chinese.

Only whole prompt words match: ``best quality`` is boilerplate, ``a best seller`` is not.
"""

from __future__ import annotations

import re

_QUALITY = """
masterpiece, best quality, high quality, highest quality, top quality, good quality, great quality,
amazing quality, very aesthetic, aesthetic, absurdres, highres, lowres, hires, high resolution,
ultra high res, ultra highres, ultra high resolution, high detail, high details, highly detailed,
ultra detailed, ultra-detailed, extremely detailed, super detailed, hyper detailed, hyperdetailed,
incredibly detailed, very detailed, detailed, insanely detailed, intricate, intricate details,
intricate detail, fine details, fine detail, finely detailed, exquisite details, extremely detailed cg,
official art, extremely detailed cg unity 8k wallpaper, unity 8k wallpaper, wallpaper, 8k wallpaper,
sharp, sharp focus, sharp details, crisp, hdr, uhd, ultra hd, hd, full hd, fhd, 2k, 4k, 8k, 16k, 32k,
4k uhd, 8k uhd, 8k hdr, 4k resolution, 8k resolution, raw, raw photo, raw image, best illustration,
best shadow, perfect composition, award winning, award-winning, award winning photography, professional,
trending on artstation, trending on pixiv, artstation, artstation hq, deviantart, pixiv, cgsociety,
featured on artstation, newest, recent, latest, source_anime, high budget, vivid, beautiful, stunning,
gorgeous, amazing, perfect, epic, incredible, masterful, high-res, realistic quality, no watermark,
ray tracing, raytracing, octane render, unreal engine, unreal engine 5, ue5, vray, v-ray, photorealistic,
hyperrealistic, ultra realistic, ultrarealistic, hyper realistic, realistic
"""

_CAMERA = """
photo, photograph, photography, bokeh, depth of field, shallow depth of field, dof, film grain, dslr,
lens flare, fujifilm, fujifilm xt3, kodak portra 400, canon, nikon, sony, leica, hasselblad, macro lens,
wide angle lens, telephoto lens, prime lens, shot on film, analog film, medium format, studio quality,
chromatic aberration, vignette, high contrast, sharp lens, blurry background, blurred background,
motion blur
"""

_STYLE = """
cinematic, cinematic lighting, cinematic light, dramatic lighting, dramatic light, soft lighting,
soft light, volumetric lighting, volumetric light, rim lighting, rim light, studio lighting,
natural light, natural lighting, ambient light, ambient lighting, global illumination, backlighting,
god rays, golden hour, warm lighting, illustration, anime, anime style, digital art, digital painting,
concept art, oil painting, watercolor, matte painting, flat illustration, 3d render, render, sketch,
lineart, minimalist, looking at viewer, upper body, full body, close-up, closeup, close up, cowboy shot,
portrait, wide shot, medium shot, from above, from below, from side, from behind, dynamic angle,
dynamic pose, dutch angle, simple background, white background, detailed background, solo, solo focus,
colorful, vibrant colors, pastel colors, monochrome
"""

_CHINESE = """
杰作, 最佳质量, 最高质量, 高质量, 最好质量, 高品质, 超高质量, 极高质量, 高清, 超高清, 超清, 高分辨率,
超高分辨率, 细节丰富, 丰富的细节, 超精细, 精细, 极致细节, 高细节, 细致, 8K, 4K, 8k高清, 4k高清, 壁纸,
大师作品, 大师级, 专业, 真实, 写实, 超写实, 逼真, 照片, 摄影, 景深, 浅景深, 虚化, 散景, 胶片颗粒, 单反,
完美, 唯美, 精美, 获奖作品, 官方艺术, 最佳画质, 高画质
"""

_CHINESE_STYLE = """
电影感, 电影光效, 电影质感, 柔光, 体积光, 自然光, 逆光, 插画, 动漫, 动漫风格, 数字艺术, 油画, 水彩,
概念艺术, 特写, 全身, 半身, 上半身, 看向观众, 看着观众, 简单背景, 白色背景, 单人
"""

_PATTERNS = re.compile(
    "|".join(
        (
            r"(?:score_\d+(?:_up|_down)?",
            r"rating_\w+",
            r"year \d{4}",
            r"\d{1,4} ?mm(?: \w+)?(?: lens)?",
            r"f ?/ ?\d+(?:\.\d+)?",
            r"iso ?\d+",
            r"\d/\d+ ?s",
            r"(?:canon|nikon|sony|fujifilm|leica) [\w .-]{1,24}",
            r"shot (?:on|with|by) [\w .-]{1,40}",
            r"\d+ ?k(?: (?:uhd|hdr|hd|resolution))?",
            r"(?:very |extremely |ultra |super |hyper |highly |insanely "
            r")+(?:detailed|realistic|aesthetic|sharp)(?: \w+)?",
            r"(?:masterpiece|best[ -]quality)\W*",
            r"[\d.]+)\Z",
        )
    )
)


def _listed(*texts: str) -> frozenset[str]:
    return frozenset(
        word.strip().lower()
        for text in texts
        for word in text.replace("\n", " ").split(",")
        if word.strip()
    )


BALANCED = _listed(_QUALITY, _CAMERA, _CHINESE)
THEME_ONLY = BALANCED | _listed(_STYLE, _CHINESE_STYLE)


def is_boilerplate(piece: str, *, theme_only: bool = False) -> bool:
    """Whether a prompt word in lower case says nothing about the subject. With ``theme_only``,
    style, light and framing are boilerplate too.
    """
    return piece in (THEME_ONLY if theme_only else BALANCED) or _PATTERNS.match(piece) is not None
