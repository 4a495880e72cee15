"""SOAP 1.1 envelopes, read and written by hand; and the service's own words for a refusal.

Source: SOAP 1.1, sections 4 and 6 (w3.org/TR/2000/NOTE-SOAP-20000508); WSDL 1.1, section 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

NAMESPACE = "urn:saleslink:zift:lead:1"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_ADDRESS = "{http://schemas.xmlsoap.org/wsdl/soap/}address"
_SCHEMA = "{http://www.w3.org/2001/XMLSchema}schema"
_WSDL = Path(__file__).with_name("service.wsdl")

RETRYABLE = frozenset({"THROTTLED", "INTERNAL", "MAINTENANCE"})

Value = str | None | Mapping[str, Any] | Iterable[Any]


class Refused(Exception):
    """The service says no, with a code of its own; `actor` says whose fault it is in SOAP's terms."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        field: str | None = None,
        lead_id: str | None = None,
        retry_after: int | None = None,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.field = field
        self.lead_id = lead_id
        self.retry_after = retry_after
        self.retryable = code in RETRYABLE if retryable is None else retryable


@dataclass(frozen=True)
class Request:
    """One call: the operation's element, and who makes it."""

    operation: str
    body: Any
    username: str
    password: str


def wsdl(address: str) -> bytes:
    """Return the service's description with this address in it."""
    tree = etree.parse(str(_WSDL))
    for one in tree.iter(_ADDRESS):
        one.set("location", address)
    return bytes(etree.tostring(tree, xml_declaration=True, encoding="UTF-8"))


@cache
def _schema() -> Any:
    return etree.XMLSchema(next(etree.parse(str(_WSDL)).iter(_SCHEMA)))


def read(content: bytes) -> Request:
    """Return the call in an envelope, checked against the schema.

    Raises:
        Refused: VALIDATION: it is no envelope, brings a DOCTYPE, or does not fit the schema.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        raise Refused("VALIDATION", "the request is no XML") from None
    if root.getroottree().docinfo.doctype:
        raise Refused("VALIDATION", "a DOCTYPE is not allowed")
    if root.tag != f"{{{ENVELOPE}}}Envelope":
        raise Refused("VALIDATION", "the request is no SOAP 1.1 envelope")
    body = root.find(f"{{{ENVELOPE}}}Body")
    if body is None or len(body) != 1:
        raise Refused("VALIDATION", "the envelope needs a body with one element")
    call = body[0]
    name = etree.QName(call)
    try:
        _schema().assertValid(call)
    except etree.DocumentInvalid as error:
        raise Refused("VALIDATION", str(error)) from None
    header = root.find(f"{{{ENVELOPE}}}Header/{{{NAMESPACE}}}AuthHeader")
    return Request(
        name.localname,
        call,
        _text(header, "Username") if header is not None else "",
        _text(header, "Password") if header is not None else "",
    )


def texts(element: Any, name: str) -> list[str]:
    """Return the texts of all children of this name."""
    return [child.text or "" for child in element.findall(f"{{{NAMESPACE}}}{name}")]


def text(element: Any, name: str) -> str | None:
    """Return the text of the first child of this name; None where there is none."""
    child = element.find(f"{{{NAMESPACE}}}{name}")
    return None if child is None else (child.text or "")


def children(element: Any, name: str) -> list[Any]:
    """Return the children of this name."""
    return list(element.findall(f"{{{NAMESPACE}}}{name}"))


def pairs(element: Any) -> dict[str, str | None]:
    """Return the Field children as name -> value; a nil or missing value is None."""
    found: dict[str, str | None] = {}
    for field in children(element, "Field"):
        value = field.find(f"{{{NAMESPACE}}}Value")
        empty = value is None or value.get(f"{{{_XSI}}}nil") in ("true", "1")
        found[_text(field, "Name")] = None if empty else (value.text or "")
    return found


def _text(element: Any, name: str) -> str:
    return text(element, name) or ""


def answer(operation: str, values: Mapping[str, Value]) -> bytes:
    """Return the envelope of an operation's response; lists repeat their element, None leaves it out."""
    return _envelope(_element(f"{operation}Response", values))


def fault(refused: Refused) -> bytes:
    """Return the envelope of a fault with ServiceFault in its detail."""
    element = etree.Element(f"{{{ENVELOPE}}}Fault")
    side = "Server" if refused.retryable else "Client"
    etree.SubElement(element, "faultcode").text = f"soap:{side}"
    etree.SubElement(element, "faultstring").text = refused.message
    etree.SubElement(element, "detail").append(
        _element(
            "ServiceFault",
            {
                "Code": refused.code,
                "Message": refused.message,
                "Retryable": str(refused.retryable).lower(),
                "Field": refused.field,
                "LeadId": refused.lead_id,
                "RetryAfterSeconds": None if refused.retry_after is None else str(refused.retry_after),
            },
        )
    )
    return _envelope(element)


def _element(name: str, value: Value) -> Any:
    element = etree.Element(f"{{{NAMESPACE}}}{name}", nsmap={None: NAMESPACE})
    if isinstance(value, Mapping):
        for child, inner in value.items():
            for one in [inner] if isinstance(inner, str | Mapping) else (inner or ()):
                element.append(_element(child, one))
        return element
    element.text = str(value)
    return element


def _envelope(content: Any) -> bytes:
    envelope = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soap": ENVELOPE})
    etree.SubElement(envelope, f"{{{ENVELOPE}}}Body").append(content)
    return bytes(etree.tostring(envelope, xml_declaration=True, encoding="UTF-8"))
