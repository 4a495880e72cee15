"""Pages for people: the rooms, the mailbox, the files, the newest requests."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.sftp import drops

if TYPE_CHECKING:
    from sandbox.core import Sandbox

_NEWEST = 50


def page_routes(sandbox: Sandbox) -> list[Route]:
    """Return the routes outside `/_sandbox`."""

    async def overview(_: Request) -> Response:
        rooms = [
            ("sftp", sandbox.sftp.port, sandbox.sftp.is_up),
            ("mail", sandbox.mail.port, sandbox.mail.is_up),
        ]
        rooms += [(f"salesforce {name}", org.plain.port, org.is_up) for name, org in sandbox.orgs.items()]
        rooms += [(f"{one.vendor} {one.name}", one.plain.port, one.is_up) for one in sandbox.tenants.values()]
        mails = [
            (
                f'<a href="/mails/{mail["number"]}">{mail["number"]}</a>',
                escape(mail["at"]),
                escape(", ".join(mail["envelope_to"])),
                escape(mail["subject"]),
            )
            for mail in reversed(sandbox.mailbox.list()[-_NEWEST:])
        ]
        files = [
            (escape(name), escape(file["path"]), str(file["size"]))
            for name, account in sandbox.accounts.items()
            for file in drops.listing(account)
        ]
        requests = [
            (
                str(entry["number"]),
                escape(entry["at"]),
                escape(entry["room"]),
                escape(str(entry["operation"])),
            )
            for entry in reversed(sandbox.journal.read()[-_NEWEST:])
        ]
        return _page(
            "Leadline sandbox",
            _table(
                "Rooms",
                ("room", "port", "up"),
                [(escape(a), str(b), "yes" if c else "no") for a, b, c in rooms],
            )
            + _table("Mailbox", ("mail", "at", "to", "subject"), mails)
            + _table("SFTP files", ("account", "path", "bytes"), files)
            + _table("Newest requests", ("number", "at", "room", "operation"), requests)
            + '<p>As JSON: <a href="/_sandbox/">state</a>, <a href="/_sandbox/mailbox">mailbox</a>, '
            '<a href="/_sandbox/journal">journal</a></p>',
        )

    async def mail(request: Request) -> Response:
        try:
            read = sandbox.mailbox.read(request.path_params["number"])
        except KeyError:
            return _page("No such mail", "", 404)
        headers = [(escape(name), escape(value)) for name, value in read["headers"]]
        text = f"<pre>{escape(read['text'] or '')}</pre>"
        # A sandboxed frame: what a mail brings along neither runs nor reaches this page.
        shown = (
            f'<iframe sandbox srcdoc="{escape(read["html"], quote=True)}"></iframe>' if read["html"] else ""
        )
        return _page(
            read["subject"] or "(no subject)", _table("", ("header", "value"), headers) + text + shown
        )

    return [Route("/", overview), Route("/mails/{number:int}", mail)]


def _table(title: str, names: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{name}</th>" for name in names)
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<h2>{title}</h2><table><tr>{head}</tr>{lines}</table>"


def _page(title: str, content: str, status: int = 200) -> HTMLResponse:
    style = (
        "body{font:14px sans-serif;margin:2em}td,th{text-align:left;padding:2px 12px 2px 0}"
        "iframe{width:100%;height:480px}"
    )
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{style}</style><h1>{escape(title)}</h1>{content}</html>",
        status_code=status,
    )
