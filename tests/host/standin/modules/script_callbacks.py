"""The hooks that an extension registers for. An exception in one is printed and the host goes on."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

_NAMES = (
    "app_started",
    "before_ui",
    "ui_settings",
    "ui_tabs",
    "image_saved",
    "before_reload",
    "script_unloaded",
)
_callbacks: dict[str, list[Callable[..., Any]]] = {name: [] for name in _NAMES}


def clear_callbacks() -> None:
    """Forget them all; the scripts are about to be executed again."""
    for registered in _callbacks.values():
        registered.clear()


def fire(name: str, *arguments: Any) -> list[Any]:
    """Call every callback of a name. Returns the items of all lists that they return."""
    answers: list[Any] = []
    for callback in _callbacks[name][:: -1 if name == "script_unloaded" else 1]:
        try:
            answers += callback(*arguments) or []
        except Exception:  # noqa: BLE001  so does the host
            traceback.print_exc()
    return answers


def _registrar(name: str) -> Callable[..., None]:
    def register(
        callback: Callable[..., Any],
        *,
        name: str | None = None,
        registered: list[Callable[..., Any]] = _callbacks[name],
    ) -> None:
        registered.append(callback)

    return register


on_app_started = _registrar("app_started")
on_before_ui = _registrar("before_ui")
on_ui_settings = _registrar("ui_settings")
on_ui_tabs = _registrar("ui_tabs")
on_image_saved = _registrar("image_saved")
on_before_reload = _registrar("before_reload")
on_script_unloaded = _registrar("script_unloaded")
