"""What can go wrong with a call."""

from __future__ import annotations

from iib_core.errors import IIBError


class ClientError(IIBError):
    """A call that failed.

    ``status`` is that of HTTP, 0 where no answer came; ``code`` the name of the failure for a
    program, as the API tells it, ``Unreachable`` where no server answered, ``NotIIB`` where
    something else did; ``message`` a sentence for a person.
    """

    def __init__(self, message: str, *, code: str, status: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self._code = code

    @property
    def code(self) -> str:
        """The name of the failure for a program."""
        return self._code
