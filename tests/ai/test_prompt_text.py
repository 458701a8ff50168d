"""Prompt text: which words of a prompt are compared."""

from __future__ import annotations

import pytest

from iib_core.ai import prompt_text


@pytest.mark.parametrize(
    ("prompt", "balanced"),
    [
        ("masterpiece, best quality, (a red fox:1.2), snow", "a red fox, snow"),
        ("a red fox, <lora:fox_style:0.8>, ((snow)), 8k uhd, highly detailed", "a red fox, snow"),
        ("A Red Fox, a red fox, snow", "a red fox, snow"),
        (
            "score_9, score_8_up, rating_safe, 1girl, 85mm lens, f/1.8, shot on Canon EOS R5",
            "1girl",
        ),
        ("杰作, 最佳质量, 一只红色的狐狸，雪地", "一只红色的狐狸, 雪地"),
        (
            "a masterpiece of a cake, cinematic lighting",
            "a masterpiece of a cake, cinematic lighting",
        ),
        ("masterpiece, best quality", "masterpiece, best quality"),
        (
            "A fox stands in the snow. It looks at the moon!",
            "a fox stands in the snow, it looks at the moon",
        ),
        ("", ""),
        (",,, ()", ""),
    ],
)
def test_boilerplate_goes_and_the_rest_stays(prompt, balanced):
    assert prompt_text.normalise(prompt, "balanced") == balanced


def test_theme_only_leaves_out_style_and_framing_and_off_leaves_all():
    prompt = "(a red fox:1.2), cinematic lighting, upper body,  masterpiece"
    assert prompt_text.normalise(prompt, "theme-only") == "a red fox"
    assert (
        prompt_text.normalise(prompt, "off")
        == "(a red fox:1.2), cinematic lighting, upper body, masterpiece"
    )


def test_rules_are_part_of_what_identifies_a_text():
    assert prompt_text.digest("a fox", "balanced") != prompt_text.digest("a fox", "theme-only")
    assert prompt_text.digest("a fox", "balanced") == prompt_text.digest("a fox", "balanced")


def test_a_huge_prompt_is_cut():
    assert (
        len(prompt_text.normalise("word, " * 100_000 + ", ".join(f"w{n}" for n in range(20_000))))
        <= prompt_text.MAX_CHARS
    )
