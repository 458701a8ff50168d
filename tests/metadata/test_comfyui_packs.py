"""Workflows with nodes of packs, whose definitions are unknown: they are read by their values, by
invisible links, and by the names of their nodes.
"""

from __future__ import annotations

from typing import Any

import pytest

from iib_core.metadata import Lora

from .test_comfyui import base, node, read_graph, sampler
from .test_comfyui_workflows import Canvas, canvas, read_workflow

USUAL = {
    "prompt": "a cat",
    "negative_prompt": "bad",
    "seed": 7,
    "steps": 21,
    "cfg_scale": 6.5,
    "sampler": "dpmpp_2m",
    "scheduler": "karras",
    "width": 832,
}


def _with_sampler(kind: str, values: list[Any]) -> dict[str, Any]:
    document = canvas().document()
    next(entry for entry in document["nodes"] if entry["id"] == 5).update(
        type=kind, widgets_values=values
    )
    return document


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (
            "KSampler //Pack",
            [7, "fixed", 21, 6.5, "dpmpp_2m", "karras", 1, "GPU", "incremental", 0, 0, "linear"],
        ),
        ("KSampler (Efficient)", [7, None, 21, 6.5, "dpmpp_2m", "karras", 1, "auto", "true"]),
        (
            "KSampler (Efficient)",
            [7, "randomize", 21, 6.5, "dpmpp_2m", "karras", 1, "auto", "true", {}],
        ),
        ("MyOwnKSampler", [7, 21, 6.5, "dpmpp_2m", "karras", 0.9]),
        (
            "KSamplerAdvanced (Pack)",
            ["enable", 7, "fixed", 21, 6.5, "dpmpp_2m", "karras", 0, 10000, "disable"],
        ),
        (
            "FaceDetailerLike",
            [
                512,
                True,
                1024,
                7,
                "randomize",
                21,
                6.5,
                "dpmpp_2m",
                "karras",
                0.5,
                5,
                True,
                True,
                "",
            ],
        ),
    ],
)
def test_the_parameters_of_a_sampler_are_found_around_its_names(
    kind: str, values: list[Any]
) -> None:
    info = read_workflow(_with_sampler(kind, values))
    assert {name: getattr(info, name) for name in USUAL} == USUAL
    assert info.model == "sdxl.safetensors"


def test_texts_are_shown_without_a_known_sampler() -> None:
    built = canvas().document()
    next(entry for entry in built["nodes"] if entry["id"] == 5).update(
        type="Mystery", widgets_values=["odd", {}, 3]
    )
    info = read_workflow(built)
    assert (info.prompt, info.negative_prompt, info.model, info.steps) == (
        "a cat",
        "bad",
        "sdxl.safetensors",
        None,
    )


def test_a_single_data_stream_through_all_nodes() -> None:
    """As in Searge's nodes: the texts and the model are in separate nodes, and the sampler's inputs
    have unusual names.
    """
    graph = {
        "t": node("TextInput", prompt="a red hill"),
        "u": node("TextInput", prompt="helmet"),
        "p": node("PromptAdapter", main_prompt=["t", 0], negative_main_prompt=["u", 0]),
        "m": node(
            "ModelSelector",
            base_checkpoint="base.safetensors",
            refiner_checkpoint="refiner.safetensors",
            data=["p", 0],
        ),
        "k": node(
            "Parameters",
            seed=5,
            steps=30,
            cfg=4,
            sampler_name="dpmpp_2m",
            scheduler="karras",
            data=["m", 0],
        ),
        "save": node("ImageSaving", data=["k", 0]),
    }
    info = read_graph(graph)
    assert (info.prompt, info.negative_prompt, info.model, info.steps) == (
        "a red hill",
        "helmet",
        "base.safetensors",
        30,
    )


def test_a_side_in_the_middle_of_a_name() -> None:
    graph = base(
        pipe=node(
            "## make-pipe [1]",
            ckpt_name="m.safetensors",
            linguistic_positive="a long walk",
            supporting_terms="film",
            negative="dull",
        ),
        k=node(
            "## sample [2]",
            seed=1,
            steps=9,
            cfg=8,
            sampler_name="euler",
            scheduler="normal",
            basic_pipe=["pipe", 0],
            latent_image=["latent", 0],
        ),
    )
    info = read_graph(graph)
    assert (info.prompt, info.negative_prompt, info.model) == (
        "a long walk",
        "dull",
        "m.safetensors",
    )


def _everywhere(*, kind: str, prompts: tuple[int, ...] = (2, 3)) -> Canvas:
    """Model, texts and VAE reach sampler and decoder by invisible links."""
    built = Canvas().add(
        1, "CheckpointLoaderSimple", ["far.safetensors"], outputs=("MODEL", "CLIP", "VAE")
    )
    built.add(2, "CLIPTextEncode", ["a cat"], outputs=("CONDITIONING",), clip=(1, 1)).add(
        3, "CLIPTextEncode", ["bad"], outputs=("CONDITIONING",), clip=(1, 1)
    )
    built.add(4, "EmptyLatentImage", [64, 32, 1])
    built.add(
        5,
        "KSampler",
        [1, "fixed", 9, 3.0, "euler", "simple", 1.0],
        model=None,
        positive=None,
        negative=None,
        latent_image=(4, 0),
    )
    built.add(6, "VAEDecode", samples=(5, 0), vae=None).add(7, "SaveImage", ["x"], images=(6, 0))
    built.add(
        8,
        kind,
        **{
            f"any{slot}": (1, output)
            for slot, output in enumerate((0, 1, 2) if kind.endswith("3") else (0,))
        },
    )
    built.add(
        9, "Prompts Everywhere", **{f"any{slot}": (key, 0) for slot, key in enumerate(prompts)}
    )
    for entry in built.nodes:
        for declared, wanted in zip(
            entry["inputs"], ("MODEL", "CONDITIONING", "CONDITIONING", "LATENT"), strict=False
        ):
            if entry["id"] == 5:
                declared["type"] = wanted
        for output, wanted in zip(
            entry["outputs"],
            ("MODEL", "CLIP", "VAE") if entry["id"] == 1 else ("CONDITIONING",),
            strict=False,
        ):
            output["type"] = wanted
    return built


@pytest.mark.parametrize("kind", ["Anything Everywhere", "Anything Everywhere3"])
def test_invisible_links(kind: str) -> None:
    info = read_workflow(_everywhere(kind=kind).document())
    assert (info.prompt, info.negative_prompt, info.model) == ("a cat", "bad", "far.safetensors")


@pytest.mark.parametrize(
    ("pattern", "width"),
    [(".*", 64), ("latent", 64), (".*image", 64), (".*vae", None), ("(l+)+", None)],
)
def test_inputs_chosen_by_a_pattern(pattern: str, width: int | None) -> None:
    built = _everywhere(kind="Anything Everywhere")
    built.nodes[4]["inputs"][3]["link"] = None
    built.nodes[3]["outputs"] = [{"type": "LATENT"}]
    built.add(10, "Anything Everywhere?", [".*", pattern], any=(4, 0))
    assert read_workflow(built.document()).width == width


def test_invisible_links_listed_by_a_newer_version() -> None:
    built = _everywhere(kind="Anything Everywhere")
    built.nodes = [entry for entry in built.nodes if entry["id"] not in (8, 9)]
    listed = [
        {
            "downstream": 5,
            "downstream_slot": slot,
            "upstream": origin,
            "upstream_slot": 0,
            "type": kind,
        }
        for slot, origin, kind in (
            (0, "1", "MODEL"),
            (1, 2, "CONDITIONING"),
            (2, 3, "CONDITIONING"),
        )
    ]
    info = read_workflow(built.document(extra={"ue_links": listed}))
    assert (info.prompt, info.negative_prompt, info.model) == ("a cat", "bad", "far.safetensors")


LORAS = (Lora("one.safetensors", 0.8),)
ROWS = {
    "loras.0.lora_name": "one.safetensors",
    "loras.0.strength": 0.8,
    "loras.1.lora_name": "dir\\two.safetensors",
    "loras.1.strength": 0,
}
OFF = {
    "loras.0.lora_name": "one.safetensors",
    "loras.0.strength": 0.8,
    "loras.0.enabled": True,
    "loras.4.lora_name": "b",
    "loras.4.enabled": False,
}


@pytest.mark.parametrize("kind", ["LoadLoraModel", "LoadLoraTextEncoder"])
@pytest.mark.parametrize(
    "inputs",
    [
        ROWS,
        OFF,
        {
            "loras": [
                {"lora_name": "one.safetensors", "strength": 0.8},
                {"lora_name": "b", "strength": 0},
            ]
        },
    ],
)
def test_rows_of_a_list_of_loras(kind: str, inputs: dict[str, Any]) -> None:
    if kind == "LoadLoraModel":
        graph = base(
            l={"class_type": kind, "inputs": {"model": ["model", 0], **inputs}},
            k=node("KSampler", **sampler(model=["l", 0])),
        )
    else:
        graph = base(
            l={"class_type": kind, "inputs": {"clip": ["model", 1], **inputs}},
            pos=node("CLIPTextEncode", text="a cat", clip=["l", 0]),
        )
    info = read_graph(graph)
    assert (info.loras, info.model, info.prompt) == (LORAS, "sdxl.safetensors", "a cat")


@pytest.mark.parametrize(
    "values",
    [["one.safetensors", 0.8, True, "b", 1, False], ["one.safetensors", 0.8, "b", 0], dict(OFF)],
)
def test_rows_of_a_list_of_loras_in_a_workflow(values: Any) -> None:
    built = canvas(model=(8, 0)).add(8, "LoadLoraModel", values, model=(1, 0))
    assert read_workflow(built.document()).loras == LORAS


@pytest.mark.parametrize("name", ["model_name", "ckpt_name"])
def test_a_node_that_changes_a_model_is_not_its_loader(name: str) -> None:
    patch = node("MotionLoader", model=["model", 0], **{name: "motion.ckpt"})
    info = read_graph(base(patch=patch, k=node("KSampler", **sampler(model=["patch", 0]))))
    assert (info.model, info.models) == ("sdxl.safetensors", ("sdxl.safetensors",))


def test_the_second_conditioning_of_a_dual_guider_is_not_a_prompt() -> None:
    guided = base(
        k=node(
            "SamplerCustomAdvanced",
            noise=["n", 0],
            guider=["g", 0],
            sampler=["s", 0],
            sigmas=["sig", 0],
            latent_image=["latent", 0],
        ),
        n=node("RandomNoise", noise_seed=3),
        g=node(
            "DualCFGGuider",
            model=["model", 0],
            cond1=["pos", 0],
            cond2=["r", 0],
            negative=["neg", 0],
            cfg_conds=5.0,
            cfg_cond2_negative=2.0,
        ),
        r=node("ReferenceLatent", conditioning=["neg", 0]),
        s=node("KSamplerSelect", sampler_name="euler"),
        sig=node("BasicScheduler", scheduler="simple", steps=9, denoise=1.0, model=["model", 0]),
    )
    info = read_graph(guided)
    assert (info.prompt, info.negative_prompt, info.cfg_scale) == ("a cat", "bad", 5.0)


SIZES = {
    "a list alone": (
        node("EmptyLatentFromList", dimensions=" 832 x 1216 (portrait)", batch_size=1),
        (832, 1216),
    ),
    "a list over numbers": (
        node(
            "AspectRatioLatent",
            width=1024,
            height=1024,
            aspect_ratio="3:4 portrait 896x1152",
            swap_dimensions="Off",
        ),
        (896, 1152),
    ),
    "turned": (
        node(
            "AspectRatioLatent",
            width=1024,
            height=1024,
            aspect_ratio="3:4 portrait 896x1152",
            swap_dimensions="On",
        ),
        (1152, 896),
    ),
    "numbers of one's own": (
        node("AspectRatioLatent", width=640, height=320, aspect_ratio="custom"),
        (640, 320),
    ),
    "another node's list": (
        node("EmptyLatentImage", width=["p", 0], height=["p", 1], batch_size=1),
        (704, 512),
    ),
}


@pytest.mark.parametrize(("latent", "size"), SIZES.values(), ids=SIZES.keys())
def test_sizes_from_lists(latent: dict[str, Any], size: tuple[int, int]) -> None:
    info = read_graph(
        base(latent=latent, p=node("SizePicker", resolution="704x512 (1.4)", batch=1))
    )
    assert (info.width, info.height) == size


def test_a_size_from_a_list_in_a_workflow() -> None:
    document = canvas().document()
    next(entry for entry in document["nodes"] if entry["id"] == 4).update(
        type="EmptyLatentImageFromList", widgets_values=[" 832 x 1216", 1]
    )
    info = read_workflow(document)
    assert (info.width, info.height) == (832, 1216)


@pytest.mark.parametrize(
    "values",
    [
        ["#00FF00", 1, "default", "fire"],
        ["fire", "mean", "A1111"],
        ["fire", "length+mean", "comfy"],
    ],
)
def test_a_single_word_among_options_is_the_text(values: list[Any]) -> None:
    built = canvas(positive=(8, 0)).add(8, "RegionalEncoding //Pack", values, clip=(1, 1))
    assert read_workflow(built.document()).prompt == "fire"


LOADERS = {
    "Efficient Loader": [
        "m.safetensors",
        "v",
        -2,
        "None",
        1,
        1,
        "a cat",
        "bad",
        "none",
        "comfy",
        832,
        1216,
        1,
    ],
    "Eff. Loader SDXL": [
        "m.safetensors",
        -2,
        "late",
        -2,
        6,
        2,
        "v",
        "a cat",
        "bad",
        "none",
        "comfy",
        832,
        1216,
        1,
    ],
    "easy a1111Loader": [
        "m.safetensors",
        "v",
        -2,
        "None",
        1,
        1,
        "width x height (custom)",
        832,
        1216,
        "a cat",
        "bad",
        1,
    ],
    "easy fullLoader": [
        "m.safetensors",
        "Default",
        "v",
        -2,
        "None",
        1,
        1,
        "832 x 1216",
        512,
        512,
        "a cat",
        "none",
        "comfy",
        "bad",
        "none",
        "comfy",
        1,
    ],
}
OLD_LOADER = ["m.safetensors", "v", -2, "None", 1, 1, "a cat", "bad", 832, 1216, 1]


@pytest.mark.parametrize(("kind", "values"), [*LOADERS.items(), ("Efficient Loader", OLD_LOADER)])
def test_loaders_with_both_prompts(kind: str, values: list[Any]) -> None:
    built = (
        Canvas()
        .add(1, kind, values)
        .add(2, "KSampler (Efficient)", [7, None, 21, 6.5, "dpmpp_2m", "karras", 1], pipe=(1, 0))
    )
    info = read_workflow(built.add(3, "SaveImage", ["x"], images=(2, 0)).document())
    assert (info.prompt, info.negative_prompt, info.model, info.width, info.height) == (
        "a cat",
        "bad",
        "m.safetensors",
        832,
        1216,
    )
    assert (info.seed, info.sampler, info.parameters["Clip skip"]) == (7, "dpmpp_2m", "2")


def test_a_video_of_the_wan_wrapper() -> None:
    built = Canvas().add(
        1, "WanVideoModelLoader", ["walk.safetensors", "bf16", "fp8", "offload_device", "sdpa"]
    )
    built.add(2, "WanVideoTextEncode", ["a cat walks", "still", True]).add(
        3, "WanVideoEmptyEmbeds", [640, 352, 81]
    )
    values = [25, 6, 5, 1057, "fixed", True, "unipc", 0, 1, ""]
    built.add(
        4, "WanVideoSampler", values, model=(1, 0), text_embeds=(2, 0), image_embeds=(3, 0)
    ).add(5, "WanVideoDecode", samples=(4, 0))
    info = read_workflow(
        built.add(6, "VHS_VideoCombine", {"frame_rate": 16}, images=(5, 0)).document()
    )
    assert (info.prompt, info.negative_prompt, info.model) == (
        "a cat walks",
        "still",
        "walk.safetensors",
    )
    assert (info.steps, info.cfg_scale, info.seed, info.scheduler, info.width) == (
        25,
        6.0,
        1057,
        "unipc",
        640,
    )
    assert {"Frames": "81", "FPS": "16", "Shift": "5"}.items() <= info.parameters.items()


def test_listed_sigmas_a_sampler_with_options_and_a_scaled_size() -> None:
    built = canvas(latent=(12, 0)).document()
    built["nodes"] = [entry for entry in built["nodes"] if entry["id"] != 5]
    more = Canvas()
    more.nodes, more.links = built["nodes"], built["links"]
    more.add(
        5,
        "SamplerCustomAdvanced",
        noise=(20, 0),
        guider=(21, 0),
        sampler=(22, 0),
        sigmas=(23, 0),
        latent_image=(12, 0),
    )
    more.add(20, "RandomNoise", [42, "fixed"]).add(
        21, "CFGGuider", [3], model=(1, 0), positive=(24, 0), negative=(24, 1)
    )
    more.add(22, "OptionSampler_Beta", [0.25, "exponential/res_2s", 94, "fixed", True]).add(
        23, "ManualSigmas", ["1., 0.9, 0.5, 0.0"]
    )
    more.add(24, "TwoOrderController", signal=(2, 0), value=(3, 0)).add(
        12, "EmptyLTXVLatentVideo", [960, 544, 121, 1], width=(13, 0), height=(13, 1)
    )
    more.add(13, "GetImageSize", image=(14, 0)).add(
        14, "ImageScaleBy", ["bicubic", 0.5], image=(15, 0)
    ).add(15, "EmptyImage", [1920, 1088, 1, 0])
    next(entry for entry in more.nodes if entry["id"] == 24)["type"] = (
        "ImpactExecutionOrderController"
    )
    info = read_workflow(more.document())
    assert (info.prompt, info.negative_prompt) == ("a cat", "bad")
    assert (info.steps, info.sampler, info.seed, info.width, info.height) == (
        3,
        "exponential/res_2s",
        42,
        960,
        544,
    )


def _regional(kind: str, values: list[Any]) -> dict[str, Any]:
    """A regional sampler with a loader of the model and both texts."""
    built = (
        Canvas()
        .add(
            1, "## make-pipe [2c]", ["dir/m.safetensors", "a girl at a table", "big head, closeup"]
        )
        .add(2, "EmptyLatentImage", [64, 32, 1])
    )
    built.add(3, "KSamplerAdvancedProvider", [5, "dpm_fast", "simple"], basic_pipe=(1, 0)).add(
        4, "EditBasicPipe", basic_pipe=(1, 0), positive=(5, 0)
    )
    built.add(5, "CLIPTextEncode", ["a green tie"], clip=(1, 2)).add(
        6, "KSamplerAdvancedProvider", [8, "euler", "karras"], basic_pipe=(4, 0)
    )
    built.add(7, "RegionalPrompt", advanced_sampler=(6, 0)).add(
        8, "CombineRegionalPrompts", regional_prompts1=(7, 0)
    )
    built.add(9, kind, values, samples=(2, 0), base_sampler=(3, 0), regional_prompts=(8, 0))
    return built.add(10, "SaveImage", ["x"], images=(9, 0)).document()


@pytest.mark.parametrize(
    "values",
    [
        [7, "fixed", 3, "ignore", 30, 1, 0.4, 10, True, "ratio between", "AUTO", 0.3],
        [7, "randomize", 30, 1, 0.4],
    ],
    ids=["with a second seed", "older"],
)
def test_a_regional_sampler(values: list[Any]) -> None:
    info = read_workflow(_regional("RegionalSampler", values))
    assert (info.prompt, info.negative_prompt) == (
        "a girl at a table\na green tie",
        "big head, closeup",
    )
    assert (info.seed, info.steps, info.cfg_scale, info.sampler, info.scheduler) == (
        7,
        30,
        5.0,
        "dpm_fast",
        "simple",
    )
    assert (info.model, info.width) == ("dir/m.safetensors", 64)


def test_a_sampler_name_from_a_primitive() -> None:
    built = canvas()
    entry = next(entry for entry in built.nodes if entry["id"] == 5)
    entry["inputs"].append(
        {
            "name": "sampler_name",
            "type": "COMBO",
            "link": built.link(9, 0, 5, 4),
            "widget": {"name": "sampler_name"},
        }
    )
    assert (
        read_workflow(built.add(9, "PrimitiveNode", ["dpmpp_3m_sde", "fixed"]).document()).sampler
        == "dpmpp_3m_sde"
    )
