"""What Forge and its forks do to gradio 4, so that extensions that were written for gradio 3 go on
working.

Each event of a component becomes a wrapper whose own signature tells nothing, each component takes
options of gradio 3 and drops those that it does not know, and what follows an event takes gradio
3's name for a script of the page. Classic leaves gradio as it is.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import gradio as gr
import gradio.events


class EventWrapper:
    """Stands in place of a component's event."""

    def __init__(self, replaced_event: Any) -> None:
        self.replaced_event = replaced_event
        self.has_trigger = getattr(replaced_event, "has_trigger", None)
        self.event_name = getattr(replaced_event, "event_name", None)
        self.callback = getattr(replaced_event, "callback", None)
        self.real_self = getattr(replaced_event, "__self__", None)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if "_js" in kwargs:
            kwargs["js"] = kwargs.pop("_js")
        return self.replaced_event(*args, **kwargs)

    @property
    def __self__(self) -> Any:
        return self.real_self


def repair(component: Any) -> None:
    """Let a class of components take what it took in gradio 3, and wrap the events of each that is
    made.
    """
    if not getattr(component, "EVENTS", None):
        return
    component.__init__ = _repaired(component.__init__)
    component.update = gr.update


def _repaired(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def init(
        self: Any, *args: Any, tooltip: str | None = None, source: str | None = None, **kwargs: Any
    ) -> None:
        if source:
            kwargs["sources"] = [source]
        known = inspect.signature(original).parameters
        original(self, *args, **{name: value for name, value in kwargs.items() if name in known})
        self.webui_tooltip = tooltip
        for event in map(str, self.EVENTS):
            setattr(self, event, EventWrapper(getattr(self, event)))

    return init


class Dependency(gradio.events.Dependency):
    """An event that was set up; ``then`` hides its options as well."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        original = self.then

        def then(*args: Any, _js: str | None = None, **kwargs: Any) -> Any:
            return original(*args, **kwargs, **({"js": _js} if _js else {}))

        self.then = then


def forget_options(names: set[str]) -> None:
    """Let the events of buttons lose some of their options, as in a host that wraps them
    carelessly.
    """
    original = gr.Button.__init__

    @functools.wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        click = self.click
        self.click = functools.wraps(click)(
            lambda *args, **kwargs: click(
                *args, **{name: value for name, value in kwargs.items() if name not in names}
            )
        )

    gr.Button.__init__ = init


def install() -> None:
    """Change gradio for this process."""
    for name in {*gr.components.__all__, *gr.layouts.__all__}:
        repair(getattr(gr, name, None))
    gradio.events.Dependency = Dependency
