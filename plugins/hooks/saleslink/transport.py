"""How calls travel: one HTTPS POST each, bounded in time and size, following nothing and logging nothing.

zeep's own transport follows redirects, waits for ever by default, and logs envelopes with the password.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lxml.etree  # type: ignore[import-untyped]
import requests
import zeep

from hooks.saleslink.answers import NAMESPACE, FaultAnswer, read_fault, status_error
from leadline.errors import ConfigurationError, NotAllowed, VendorUnavailable

WSDL = Path(__file__).with_name("saleslink.wsdl")
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 30.0
LARGEST_BYTES = 32 * 1024 * 1024  # of an answer: 200 leads with every field are far below


class Transport(zeep.Transport):
    """Posts envelopes; loads our own WSDL file and nothing else.

    Args:
        ca_bundle: File of the CAs that vouch for the server; None: the machine's.
        answer_seconds: Longest silence while an answer comes.
    """

    def __init__(self, ca_bundle: str | None, answer_seconds: float = ANSWER_SECONDS) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            timeout=CONNECT_SECONDS, operation_timeout=answer_seconds, session=requests.Session()
        )
        self._ca_bundle = ca_bundle
        self._seconds = (CONNECT_SECONDS, answer_seconds)

    def load(self, url: str) -> bytes:
        """Return the packaged WSDL; a reference to anything else is refused."""
        if Path(url) != WSDL:
            raise NotAllowed("the description of the service refers to something outside this package")
        return WSDL.read_bytes()

    def post(self, address: str, message: bytes, headers: Mapping[str, str]) -> requests.Response:
        """Return the answer of a call that went well.

        Raises:
            FaultAnswer: A SOAP fault, under whatever HTTP status.
            VendorUnavailable: No answer, a broken one, an empty one, or one without SOAP.
            CredentialsRefused, ConfigurationError, NotAllowed: By its HTTP status.
        """
        try:
            response = self.session.post(
                address,
                data=message,
                headers=dict(headers),
                timeout=self._seconds,
                allow_redirects=False,
                verify=self._ca_bundle or True,
                auth=_keep_headers_only,
                stream=True,
            )
            with response:
                response._content = _bounded(response)
        except requests.exceptions.SSLError as error:
            if "CERTIFICATE_VERIFY_FAILED" not in str(error):
                raise VendorUnavailable("the lead service broke off the TLS handshake") from None
            raise ConfigurationError(
                "the server's certificate is not trusted: put its CA into 'ca_bundle'"
            ) from error
        except requests.RequestException as error:
            raise VendorUnavailable(f"the lead service did not answer: {type(error).__name__}") from None
        body = _soap_body(response.content)
        fault = None if body is None else body.find(f"{{{_SOAP}}}Fault")
        speaks = fault is not None and fault.find(f".//{{{NAMESPACE}}}ServiceFault") is not None
        if fault is not None and (speaks or response.status_code in (200, 500)):
            raise FaultAnswer(read_fault(fault))
        if response.status_code != 200:
            raise status_error(response.status_code, response.headers.get("Retry-After"))
        if not response.content.strip():
            raise VendorUnavailable("the lead service answered with nothing")
        if body is None or not len(body):
            raise VendorUnavailable(
                "the lead service answered with a page, or half an answer, instead of SOAP"
            )
        return response

    def close(self) -> None:
        """Close the connections."""
        self.session.close()


def _soap_body(content: bytes) -> Any | None:
    """Return the body of a SOAP 1.1 envelope as an XML element; None: it is none, or brings a DOCTYPE."""
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = lxml.etree.fromstring(content, parser)
    except (lxml.etree.XMLSyntaxError, ValueError):
        return None
    if root.getroottree().docinfo.doctype or root.tag != f"{{{_SOAP}}}Envelope":
        return None
    return root.find(f"{{{_SOAP}}}Body")


def _bounded(response: requests.Response) -> bytes:
    content = b""
    for block in response.iter_content(1 << 16):
        content += block
        if len(content) > LARGEST_BYTES:
            raise VendorUnavailable(f"the lead service answered with more than {LARGEST_BYTES} bytes")
    return content


def _keep_headers_only(request: Any) -> Any:
    """Without an `auth` of ours, requests would add what a .netrc says about this host."""
    return request
