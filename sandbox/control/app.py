"""Routes of the control: `/_sandbox/...` as JSON, `/` as pages for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Mount, Route

from sandbox.control.answers import say_what_is_wrong
from sandbox.control.mails import mail_routes
from sandbox.control.orgs import org_routes
from sandbox.control.pages import page_routes
from sandbox.control.sftp import sftp_routes
from sandbox.control.tenants import tenant_routes
from sandbox.control.whole import whole_routes

if TYPE_CHECKING:
    from sandbox.core import Sandbox


def create_control_app(sandbox: Sandbox) -> Starlette:
    """Return the control application of this sandbox."""
    routes: list[Route] = [
        *whole_routes(sandbox),
        *mail_routes(sandbox),
        *sftp_routes(sandbox),
        *org_routes(sandbox),
        *tenant_routes(sandbox),
    ]
    return Starlette(
        routes=[Mount("/_sandbox", routes=routes), *page_routes(sandbox)],
        exception_handlers={HTTPException: say_what_is_wrong, ValueError: say_what_is_wrong},
    )
