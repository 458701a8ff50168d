"""The host's own API, as far as it shows in the answers of an extension's routes."""

from __future__ import annotations

from typing import Any

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from modules.shared import cmd_opts, is_classic

_basic = HTTPBasic()


def rewrite(request: Request, error: Exception) -> JSONResponse:
    """A failure in the host's own shape, which has no room for an extension's headers."""
    told = vars(error)
    content = {
        "error": type(error).__name__,
        "detail": told.get("detail", ""),
        "body": told.get("body", ""),
        "errors": str(error),
    }
    return JSONResponse(status_code=told.get("status_code", 500), content=jsonable_encoder(content))


def add(app: FastAPI) -> None:
    """Add it to the app. On classic the whole app's failures are rewritten."""
    if is_classic:

        @app.middleware("http")
        async def rewrite_failures(request: Request, call_next: Any) -> Any:
            try:
                return await call_next(request)
            except Exception as error:  # noqa: BLE001  so does the host
                return rewrite(request, error)

        app.add_exception_handler(Exception, rewrite)
        app.add_exception_handler(HTTPException, rewrite)

    if cmd_opts.kind == "sdnext":
        _add_limit(app)
    guards = [Depends(_require_login)] if cmd_opts.api_auth else []

    @app.get("/sdapi/v1/memory", dependencies=guards)
    def memory() -> dict[str, int]:
        return {"ram": 1}


def _add_limit(app: FastAPI) -> None:
    """As SD.Next, which looks once it has the answer."""
    from modules.api import validate

    @app.middleware("http")
    async def limit(request: Request, call_next: Any) -> Any:
        try:
            answer = await call_next(request)
            validate.check(request.client.host if request.client else "", request.url.path)
        except HTTPException as error:
            return rewrite(request, error)
        return answer


def _require_login(credentials: HTTPBasicCredentials = Depends(_basic)) -> None:
    if (
        dict(pair.split(":", 1) for pair in cmd_opts.api_auth.split(",")).get(credentials.username)
        != credentials.password
    ):
        raise HTTPException(
            status_code=401,
            detail="Incorrect username or password",
            headers={"WWW-Authenticate": "Basic"},
        )
