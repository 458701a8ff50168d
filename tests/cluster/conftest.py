"""The library with themes, which the tests of language models use too."""

from tests.ai.conftest import put, service

__all__ = ["put", "service"]
