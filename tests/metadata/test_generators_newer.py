"""Formats of newer generators, and values that older versions read from the wrong place."""

from __future__ import annotations

import dataclasses
import json
import pickle
from typing import Any

import pytest

from iib_core.metadata import GenerationInfo, Lora, derive_tags, infotext, read_embedded
from iib_core.metadata.containers.embedded import Embedded, Text
from iib_core.metadata.info import EMPTY

from .test_generators import GRAPH, INVOKE, NOVELAI, XMP, texts

LINE = "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 64x32"
SDNEXT = (
    "Steps: 10, Size: 64x32, Seed: 1, CFG scale: 4, App: SD.Next, Version: 49ab7cc, Pipeline: "
    "XPipeline, Operations: txt2img, Model: m"
)


def read(text: str) -> GenerationInfo:
    return read_embedded(texts(("parameters", text)))


@pytest.mark.parametrize(
    ("head", "prompt", "negative", "templates"),
    [
        (
            "a cat\nNegative prompt: \nTemplate: a {red|blue} cat\n",
            "a cat",
            "",
            {"Template": "a {red|blue} cat"},
        ),
        (
            "a cat\nNegative prompt: bad\nTemplate: a, b\nc\nNegative template: {bad|worse}\n",
            "a cat",
            "bad",
            {"Template": "a, b\nc", "Negative template": "{bad|worse}"},
        ),
        ("a cat\nTemplate: a {red|blue} cat\n", "a cat", "", {"Template": "a {red|blue} cat"}),
        ("Template: of a chair\nNegative prompt: bad\n", "Template: of a chair", "bad", {}),
    ],
)
def test_templates_before_the_parameters(
    head: str, prompt: str, negative: str, templates: dict[str, str]
) -> None:
    info = read(head + SDNEXT)
    assert (info.prompt, info.negative_prompt, info.model, info.source) == (
        prompt,
        negative,
        "m",
        "SD.Next",
    )
    assert {
        name: value for name, value in info.parameters.items() if "emplate" in name
    } == templates


def test_a_line_that_begins_with_template_is_prompt_elsewhere() -> None:
    assert read(f"a chair\nTemplate: oak\n{LINE}").prompt == "a chair\nTemplate: oak"


def test_the_first_of_two_negative_prompts_starts_it() -> None:
    info = read(f"a cat\nNegative prompt: bad\nNegative prompt: worse\n{LINE}")
    assert (info.prompt, info.negative_prompt) == ("a cat", "bad\n worse")


@pytest.mark.parametrize(
    "odd",
    [
        "Wildcard prompt: __animal__ on a\nsecond line, of wildcard",
        "Wildcard prompt: one\ntwo\nthree, four",
        'ADetailer prompt: "one, two\nthree"',
        "RP Prompt Mode: rows\n\ncolumns",
    ],
)
def test_a_line_break_inside_a_parameter_loses_nothing(odd: str) -> None:
    name, value = odd.split(": ", 1)
    info = read(
        f"a cat\nNegative prompt: bad\n{LINE}, {odd}, Model hash: 879db523c3, Model: foo, Version: v1.6.0"
    )
    assert (
        info.prompt,
        info.negative_prompt,
        info.model,
        info.model_hash,
        info.parameters["Version"],
    ) == (
        "a cat",
        "bad",
        "foo",
        "879db523c3",
        "v1.6.0",
    )
    name = {"ADetailer prompt": "Detailer prompt"}.get(name, name)
    assert info.parameters[name].split() == value.strip('"').split()


def test_lines_after_the_version_are_not_part_of_it() -> None:
    assert (
        read(f"a cat\n{LINE}, Version: v1.6.0\nsome words of a person").parameters["Version"]
        == "v1.6.0"
    )


@pytest.mark.parametrize("joint", ["\n", "."])
def test_a_saver_without_connections_gives_no_values(joint: str) -> None:
    line = (
        'Steps: 20, Sampler: , CFG scale: 7.0, Seed: 0, Size: 512x512, Model: , Hashes: {"model": '
        '""}, Version: ComfyUI'
    )
    info = read(f"unknown{joint}Negative prompt: unknown{joint}{line}")
    assert (info.prompt, info.negative_prompt, info.model, info.width, info.source) == (
        "",
        "",
        None,
        None,
        "ComfyUI",
    )
    assert not {"unknown"} & {
        tag.name for tag in derive_tags(info, width_px=None, height_px=None, media="image")
    }


def test_the_word_unknown_in_a_prompt_stays() -> None:
    assert read(f"unknown lands\n{LINE}").prompt == "unknown lands"


SDCPP: dict[str, Any] = {
    "schema": "sdcpp.image.params/v1",
    "models": {
        "diffusion_model": "low.gguf",
        "high_noise_diffusion_model": "high.gguf",
        "t5xxl": "umt5.gguf",
        "control_net": "cn.gguf",
    },
    "sampling": {"method": "euler", "scheduler": "simple", "flow_shift": 3.0},
    "loras": [{"name": "fast.safetensors", "multiplier": 0.5, "is_high_noise": True}],
    "control_strength": 0.9,
    "video": {"frame_count": 33, "fps": 16},
}
SDCPP_LINE = (
    "Steps: 10, CFG scale: 3.5, Guidance: 3.5, Eta: inf, Seed: 42, Size: 832x480, Model: , RNG: "
    "cuda, Sampler: euler simple, TE: umt5.gguf, "
)


def test_stable_diffusion_cpp_without_a_whole_model() -> None:
    info = read(
        f"a cat\n{SDCPP_LINE}Unet: low.gguf, VAE: v.safetensors, Version: stable-diffusion.cpp"
    )
    assert (info.model, info.sampler, info.scheduler, info.vae, info.source) == (
        "low.gguf",
        "euler",
        "simple",
        "v.safetensors",
        "stable-diffusion.cpp",
    )
    assert info.parameters["Text encoder"] == "umt5.gguf" and "Unet" not in info.parameters


def test_stable_diffusion_cpp_with_all_of_it_as_json() -> None:
    info = read(
        f"a cat\n{SDCPP_LINE}Unet: low.gguf, Version: stable-diffusion.cpp, SDCPP: {json.dumps(SDCPP)}"
    )
    assert (info.model, info.models, info.loras) == (
        "low.gguf",
        ("low.gguf", "high.gguf"),
        (Lora("fast.safetensors", 0.5),),
    )
    wanted = {
        "Frames": "33",
        "FPS": "16",
        "Shift": "3.0",
        "ControlNet": "cn.gguf, strength 0.9",
        "Text encoder": "umt5.gguf",
    }
    assert wanted.items() <= info.parameters.items() and "SDCPP" not in info.parameters


MFLUX = {
    "mflux_version": "0.18.0",
    "model": "org/Model-X",
    "base_model": "None",
    "seed": 42,
    "steps": 9,
    "guidance": None,
    "height": 32,
    "width": 64,
}
MFLUX |= {
    "lora_paths": ["/Users/her/loras/style.safetensors"],
    "lora_scales": [0.5],
    "negative_prompt": None,
}


def comment(document: dict[str, Any], keyword: str = "UserComment") -> Embedded:
    return texts((keyword, document), where="Exif:ExifIFD")


def test_mflux() -> None:
    more = {
        "prompt": "a cat",
        "controlnet_image_path": "/Users/her/pose.png",
        "controlnet_strength": 0.4,
        "image_paths": ["/tmp/a.png"],
        "image_strength": 0.3,
    }
    info = read_embedded(comment(MFLUX | more))
    assert (info.prompt, info.source, info.model, info.seed, info.steps, info.width) == (
        "a cat",
        "mflux",
        "org/Model-X",
        42,
        9,
        64,
    )
    assert info.loras == (Lora("style.safetensors", 0.5),)
    assert {
        "ControlNet": "pose.png, strength 0.4",
        "Input image": "a.png",
        "Input image strength": "0.3",
    }.items() <= info.parameters.items()


def test_mflux_without_a_prompt() -> None:
    """An upscaler writes no prompt, but the values of the original beside its own."""
    info = read_embedded(comment(MFLUX | {"prompt": "", "steps": None, "original_steps": 4}))
    assert (info.prompt, info.steps, info.seed, info.source) == ("", 4, 42, "mflux")


WANGP = {
    "prompt": "a cat walks",
    "negative_prompt": "",
    "resolution": "832x480",
    "video_length": 81,
    "seed": 5,
    "num_inference_steps": 20,
    "guidance_scale": 5,
    "activated_loras": ["https://h/x/style.safetensors", "E:\\loras\\two.safetensors"],
    "loras_multipliers": "0.8;0.2\n# note\n1.5",
    "flow_shift": 7,
    "model_type": "t2v_2_2",
    "model_filename": "https://h/y/high.safetensors",
    "model_filename2": "https://h/y/low.safetensors",
    "sample_solver": "unipc",
    "type": "WanGP v11 by DeepBeepMeep - Walk 14B",
    "settings_version": 2.5,
    "force_fps": "16",
    "repeat_generation": 1,
}


@pytest.mark.parametrize("keyword", ["comment", "UserComment"])
def test_wangp(keyword: str) -> None:
    info = read_embedded(comment(WANGP, keyword))
    assert (info.prompt, info.source, info.sampler, info.cfg_scale, info.width) == (
        "a cat walks",
        "WanGP",
        "unipc",
        5.0,
        832,
    )
    assert (info.model, info.models) == (
        "high.safetensors",
        ("high.safetensors", "low.safetensors"),
    )
    assert info.loras == (Lora("style.safetensors", 0.8), Lora("two.safetensors", 1.5))
    assert {"Frames": "81", "FPS": "16", "Shift": "7"}.items() <= info.parameters.items()


def test_ruinedfooocus_with_its_loras_in_one_text() -> None:
    stated = {
        "Prompt": "a barn",
        "Negative": "photo",
        "steps": 30,
        "cfg": 5,
        "width": 64,
        "height": 32,
        "seed": 11,
        "base_model_name": "j.safetensors",
    }
    stated |= {
        "loras": (
            "Loras:<Objects\\Calm.safetensors \N{SPIRAL NOTE PAD}\ufe0f:1>,<Grit.safetensors:0.7>,<None:0.5>"
        ),
        "software": "RuinedFooocus",
    }
    info = read_embedded(texts(("parameters", stated)))
    assert (info.source, info.loras) == (
        "RuinedFooocus",
        (Lora("Objects\\Calm.safetensors", 1.0), Lora("Grit.safetensors", 0.7)),
    )


REGIONS = [
    {"id": "a", "isEnabled": True, "positivePrompt": "a stone castle", "negativePrompt": "fog"},
    {"id": "b", "isEnabled": False, "positivePrompt": "a knight", "negativePrompt": "mud"},
]
CANVAS: dict[str, Any] = {
    "rasterLayers": [{"strokes": ["brush"] * 2000}],
    "regionalGuidance": REGIONS,
    "controlLayers": [
        {
            "isEnabled": True,
            "controlAdapter": {
                "model": {"name": "canny"},
                "weight": 0.75,
                "beginEndStepPct": [0, 0.5],
            },
        },
        {"isEnabled": False},
    ],
}


@pytest.mark.parametrize("listed", [REGIONS, {"entities": REGIONS}])
def test_invokeai_with_regions(listed: Any) -> None:
    stated = INVOKE | {
        "positive_prompt": "",
        "negative_prompt": "",
        "positive_style_prompt": "ink",
        "canvas_v2_metadata": CANVAS | {"regionalGuidance": listed},
    }
    stated |= {
        "ref_images": [
            {
                "isEnabled": True,
                "config": {
                    "type": "ip_adapter",
                    "model": {"name": "plus"},
                    "weight": 1,
                    "beginEndStepPct": [0, 1],
                },
            }
        ]
    }
    info = read_embedded(texts(("invokeai_metadata", stated)))
    assert (info.prompt, info.negative_prompt, info.source) == (
        "ink\na stone castle",
        "fog",
        "InvokeAI",
    )
    assert {
        "ControlNet": "canny, strength 0.75, from 0, to 0.5",
        "IP-Adapter": "plus, strength 1, from 0, to 1",
    }.items() <= info.parameters.items()
    written = info.infotext + json.dumps(dict(info.parameters))
    assert "brush" not in written and "a knight" not in written and "castle" in info.prompt


def test_a_command_to_invokeai_is_not_a_prompt() -> None:
    info = read_embedded(texts(("Dream", "!mask ./a.png -tm hair 0.5")))
    assert (info.prompt, info.source, info.parameters) == ("", "InvokeAI", {"Command": "!mask"})


def test_characters_of_novelai_are_searched_and_sent() -> None:
    captions = [{"char_caption": "girl, 初音ミク"}, {"char_caption": "boy, hat"}]
    bad = {
        "caption": {
            "base_caption": "bad",
            "char_captions": [{"char_caption": "gloves"}, {"char_caption": ""}],
        }
    }
    stated = NOVELAI | {
        "v4_prompt": {"caption": {"base_caption": "a cat", "char_captions": captions}},
        "v4_negative_prompt": bad,
    }
    info = read_embedded(texts(("Software", "NovelAI"), ("Comment", stated)))
    assert (info.prompt, info.negative_prompt) == ("a cat", "bad")
    assert (info.whole_prompt, info.whole_negative_prompt) == (
        "a cat\ngirl, 初音ミク\nboy, hat",
        "bad\ngloves",
    )
    assert infotext.compose(info).startswith(
        "a cat\ngirl, 初音ミク\nboy, hat\nNegative prompt: bad\ngloves\nSteps: "
    )


CAPTION = {
    "high_level_description": "a red fox in snow",
    "style_description": {"aesthetics": "calm, minimal", "color_palette": ["#FFFFFF", "#C03A2B"]},
    "compositional_deconstruction": {
        "background": "white hills",
        "elements": [{"type": "obj", "bbox": [1, 2, 3, 4], "desc": "fox, sitting"}],
    },
}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("negative", ["", "\nNegative prompt: blurry"])
def test_a_caption_in_json_is_kept_and_only_its_sentences_are_words(
    indent: int | None, negative: str
) -> None:
    written = json.dumps(CAPTION, indent=indent)
    info = read(
        f"{written}{negative}\nSteps: 20, Sampler: Default, CFG scale: 7.0, Seed: 3, Size: 64x32, "
        "Model: Ideogram 4.0, Ideogram preset: default"
    )
    assert (info.prompt, info.source, info.seed) == (written, "Forge", 3)
    words = [
        tag.name
        for tag in derive_tags(info, width_px=None, height_px=None, media="image")
        if tag.category == "prompt"
    ]
    assert words == ["a red fox in snow", "calm", "minimal", "white hills", "fox", "sitting"]


def test_kritas_plugin() -> None:
    info = read(
        f"a cat <lora:x:0.5>\nNegative prompt: bad\n{LINE}, Model hash: unknown, "
        "Model: dream.safetensors, Denoising strength: 0.6, Mode: Refine"
    )
    assert (info.source, info.model, info.model_hash, info.loras) == (
        "Krita AI Diffusion",
        "dream.safetensors",
        None,
        (Lora("x", 0.5),),
    )


def _cbor(text: str) -> bytes:
    return (
        bytes((0x60 + len(text),)) + text.encode()
        if len(text) < 24
        else b"\x78" + bytes((len(text),)) + text.encode()
    )


def _store(generator: bytes, agent: bytes) -> bytes:
    """A signed manifest: actions, the mark of a trained model, the claim, and a certificate with
    another name.
    """
    mark = _cbor("digitalSourceType") + _cbor(
        "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    )
    return (
        b"jumb"
        + _cbor("softwareAgent")
        + agent
        + mark
        + _cbor("claim_generator_info")
        + generator
        + b"...OpenAI1\x10Truepic Lens CLI in Sora..."
    )


def _named(name: str, header: bytes = b"\xbf") -> bytes:
    return header + _cbor("name") + _cbor(name) + _cbor("version") + _cbor("1.0")


@pytest.mark.parametrize(
    ("store", "program"),
    [
        (_store(_named("ChatGPT"), _named("GPT-4o")), "OpenAI ChatGPT"),
        (_store(b"\x81" + _named("Sora", b"\xa2"), _named("GPT-4o")), "OpenAI Sora"),
        (_store(_named("Adobe Illustrator"), _cbor("Adobe Firefly")), "Adobe Firefly"),
        (_store(_named("OpenAI-API"), _named("DALL-E")), "OpenAI DALL-E"),
        (_store(_named("Google C2PA Core Generator Library"), b"\xf6"), "Google AI"),
        (_store(_named("An Editor"), b"\xf6"), "C2PA"),
        (
            b"softwareAgent GPT-4o claim_generator_info name ChatGPT "
            b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia in Sora",
            "OpenAI ChatGPT",
        ),
    ],
)
def test_the_program_of_credentials_is_read_from_its_fields(store: bytes, program: str) -> None:
    assert read_embedded(Embedded("png", c2pa=store)).source == program


def test_a_word_in_a_description_is_not_a_program() -> None:
    mark = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    elements = (
        "<dc:description>painted in Sora, a town</dc:description>"
        "<xmp:CreatorTool>Leonardo.Ai</xmp:CreatorTool>"
    )
    packet = XMP.format(attributes=f'Iptc4xmpExt:DigitalSourceType="{mark}"', elements=elements)
    assert read_embedded(texts(("XMP", packet), where="XMP")).source == "Leonardo.Ai"


CONTROL = (
    "Module: canny, Model: control_canny [d14c016b], Weight: 0.8, Resize Mode: Crop and Resize, "
    "Guidance Start: 0, Guidance End: 0.5"
)


def test_extensions_of_the_webui_under_the_names_of_the_vocabulary() -> None:
    more = (
        f'ControlNet 0: "{CONTROL}", ControlNet 1: "Model: pose", ADetailer model: face.pt, '
        'ADetailer prompt: "a face, calm", ADetailer model 2nd: hand.pt'
    )
    info = read(
        f"a cat\n{LINE}, Clip skip: 2, Distilled CFG Scale: 3.5, Module 1: clip_l, Module 2: t5xxl, "
        f"Module 3: ae, {more}, Version: f2.0"
    )
    wanted = {
        "ControlNet": "control_canny, strength 0.8, from 0, to 0.5",
        "ControlNet 2": "pose",
        "Detailer": "face.pt",
        "Detailer 2": "hand.pt",
    }
    wanted |= {
        "Detailer prompt": "a face, calm",
        "Clip skip": "2",
        "Guidance": "3.5",
        "Text encoder": "clip_l",
        "Text encoder 2": "t5xxl",
        "Module 3": "ae",
    }
    assert wanted.items() <= info.parameters.items() and info.source == "Forge"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("/home/her/models/dream.safetensors", "dream.safetensors"),
        ("C:\\Users\\her\\dream.safetensors", "dream.safetensors"),
        ("\\\\nas\\models\\dream.safetensors", "dream.safetensors"),
        ("SDXL\\dream.safetensors", "SDXL\\dream.safetensors"),
        ("org/dream", "org/dream"),
    ],
)
def test_paths_of_the_authors_machine_are_shown_as_names(written: str, shown: str) -> None:
    info = read_embedded(
        texts(
            (
                "parameters",
                {
                    "prompt": "a cat",
                    "steps": 3,
                    "seed": 1,
                    "model": written,
                    "vae": written,
                    "init_img": written,
                },
            )
        )
    )
    assert (info.model, info.models, info.vae, info.parameters["Input image"]) == (
        shown,
        (shown,),
        shown,
        shown,
    )


@pytest.mark.parametrize(
    "info",
    [
        GenerationInfo(),
        read_embedded(texts(("prompt", GRAPH))),
        read(f"a cat <lora:x:1>\n{LINE}"),
        read_embedded(
            texts(
                (
                    "parameters",
                    '{"prompt": "a cat", "steps": 3, "seed": 18446744073709551615, '
                    '"cfg_scale": 1e999, "eta": -1e999}',
                )
            )
        ),
    ],
    ids=["nothing", "a graph", "an infotext", "numbers beyond"],
)
def test_every_value_can_be_copied_pickled_and_written_as_json(info: GenerationInfo) -> None:
    plain = dataclasses.asdict(info)
    again = json.loads(json.dumps(plain, allow_nan=False))
    assert again["seed"] == info.seed and again["parameters"] == dict(info.parameters)
    assert pickle.loads(pickle.dumps(info)) == info
    assert dataclasses.replace(info) == info


def test_shared_parameters_stay_empty() -> None:
    shared: Any = EMPTY
    for change in (
        lambda: shared.update(a="b"),
        lambda: shared.setdefault("a", "b"),
        lambda: shared.__setitem__("a", "b"),
    ):
        with pytest.raises(TypeError):
            change()
    assert dict(GenerationInfo().parameters) == {}


def test_model_info_of_a_downloader() -> None:
    stated = {
        "name": "v2",
        "baseModel": "SDXL",
        "trainedWords": ["foxstyle"],
        "model": {"name": "Fox style", "type": "LORA"},
        "images": [{"meta": {"prompt": "other"}}],
    }
    info = read_embedded(
        Embedded("png", texts=(Text("civitai.info", json.dumps(stated), "sidecar:.civitai.info"),))
    )
    assert (info.prompt, info.model, info.loras, info.parameters["Trained words"]) == (
        "",
        None,
        (Lora("Fox style"),),
        "foxstyle",
    )


@pytest.mark.parametrize(
    ("more", "models"),
    [
        ("Refiner: late_v1 [7440042bbd], Refiner switch at: 0.8", ("early", "late_v1")),
        ("Hires checkpoint: large.safetensors [aabbccdd]", ("early", "large.safetensors")),
        ("Hires checkpoint: Use same checkpoint", ("early",)),
        ("Refiner: None", ("early",)),
    ],
)
def test_models_of_later_passes_of_the_webui(more: str, models: tuple[str, ...]) -> None:
    info = read(f"a cat\n{LINE}, Model: early, {more}, Version: v1.10.1")
    assert (info.model, info.models) == ("early", models)


def test_swarmui_with_everything() -> None:
    stated = {
        "prompt": "a cat",
        "model": "m",
        "seed": 9,
        "steps": 3,
        "clipstopatlayer": -2,
        "refinermodel": "late",
        "refinercontrolpercentage": 0.2,
    }
    stated |= {
        "controlnetmodel": "canny",
        "controlnetstrength": 0.8,
        "controlnettwomodel": "pose",
        "videomodel": "walk",
        "videoframes": 33,
        "videofps": 24,
    }
    info = read_embedded(
        texts(
            (
                "parameters",
                {
                    "sui_image_params": stated
                    | {"fluxguidancescale": 3.5, "initimagecreativity": 0.6}
                },
            )
        )
    )
    assert info.models == ("m", "late", "walk")
    wanted = {
        "Clip skip": "2",
        "Refiner": "late",
        "Refiner switch at": "0.8",
        "ControlNet": "canny, strength 0.8",
        "ControlNet 2": "pose",
    }
    wanted |= {"Frames": "33", "FPS": "24", "Guidance": "3.5", "Denoising strength": "0.6"}
    assert wanted.items() <= info.parameters.items()


def test_draw_things_with_controls() -> None:
    control = {"file": "depth.ckpt", "weight": 0.7, "guidance_start": 0, "guidance_end": 0.6}
    stated = {
        "c": "a cat",
        "uc": "",
        "steps": 6,
        "sampler": "DDIM",
        "scale": 7,
        "seed": 3,
        "size": "64x32",
        "model": "m.ckpt",
        "control": [control],
    }
    info = read_embedded(
        texts(("UserComment", stated | {"v2": {"numFrames": 14, "refinerModel": "late.ckpt"}}))
    )
    assert {
        "ControlNet": "depth.ckpt, strength 0.7, from 0, to 0.6",
        "Frames": "14",
    }.items() <= info.parameters.items()
    assert info.models == ("m.ckpt", "late.ckpt")


def test_civitais_own_generator_names_its_model_among_the_resources() -> None:
    resources = [
        {"type": "checkpoint", "modelVersionId": 1, "modelName": "Dream"},
        {"type": "lora", "weight": 0.7, "modelName": "Fox", "modelVersionId": 2},
    ]
    info = read(
        f"a cat\nNegative prompt: bad\n{LINE}, Civitai resources: {json.dumps(resources)}, "
        "Civitai metadata: {}"
    )
    assert (info.source, info.model, info.models, info.loras) == (
        "Civitai",
        "Dream",
        ("Dream",),
        (Lora("Fox", 0.7),),
    )


@pytest.mark.parametrize(
    "loras",
    [
        {"l1": "x.safetensors", "w1": 0.5, "l2": "None", "w2": 0.5},
        {"lora_1_model": "x.safetensors", "lora_1_weight": 0.5},
        {"loras": [{"name": "x.safetensors", "weight": 0.5}]},
    ],
)
def test_fooocus_mre(loras: dict[str, Any]) -> None:
    stated = {
        "prompt": "a cat",
        "negative_prompt": "bad",
        "steps": 30,
        "sampler": "dpmpp_2m_sde_gpu",
        "scheduler": "karras",
        "cfg": 7,
        "seed": 3,
    }
    stated |= {
        "width": 64,
        "height": 32,
        "base_model": "m.safetensors",
        "refiner_model": "late.safetensors",
        "software": "Fooocus 1.0.51 MRE",
    }
    info = read_embedded(texts(("Comment", stated | loras)))
    assert (info.source, info.prompt, info.seed, info.models) == (
        "Fooocus",
        "a cat",
        3,
        ("m.safetensors", "late.safetensors"),
    )
    assert info.loras == (Lora("x.safetensors", 0.5),)
