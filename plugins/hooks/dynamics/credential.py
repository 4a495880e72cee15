"""The token of an application user: azure-identity's client credentials, translated to our errors."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.identity import ClientSecretCredential

from hooks.wording import without_addresses
from leadline.errors import ConfigurationError, CredentialsRefused, VendorUnavailable

_CODE = re.compile(r"AADSTS\d+")
_PASSING = frozenset({"AADSTS90006", "AADSTS90012", "AADSTS90024", "AADSTS90033"})
"""Entra ID cannot answer now. Source: Microsoft Learn, "Microsoft Entra authentication error codes"."""
_NO_TENANT = re.compile(r"OIDC Discovery failed on .* HTTP status: (?!408|429)4", re.DOTALL)
"""msal, where the authority does not know the tenant; what it says of one that is busy is the same but for
the status, which only the first error in the chain tells."""

UNTRUSTED = "the server's certificate is not trusted: put its CA into the connection's 'ca_bundle'"
EARLY_SECONDS = 300  # a token that ends sooner is not begun a call with


class Credential:
    """A `TokenCredential` that can be told to forget its token, and never lets azure's own errors out."""

    def __init__(self, make: Callable[[], ClientSecretCredential]) -> None:
        self._make = make
        self._inner: ClientSecretCredential | None = None
        self._token: AccessToken | None = None

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Return a token for the environment; one that holds is used again.

        Raises:
            CredentialsRefused: Entra ID does not grant one.
            ConfigurationError: Its certificate is not trusted.
            VendorUnavailable: Entra ID cannot be asked now.
        """
        if self._token is not None and self._token.expires_on > time.time() + EARLY_SECONDS:
            return self._token
        if self._inner is None:
            self._inner = self._make()
        try:
            self._token = self._inner.get_token(*scopes, **options)
            return self._token
        except AzureError as error:
            if is_untrusted(error):
                raise ConfigurationError(f"Entra ID, token: {UNTRUSTED}") from None
            if isinstance(error, ClientAuthenticationError):
                raise _translated(error) from None
            raise VendorUnavailable(
                f"Entra ID, token: {type(error).__name__} (nothing to do; it is tried again)"
            ) from None
        except ValueError as error:
            # msal could not read the authority's own description.
            raise VendorUnavailable(f"Entra ID, discovery: {type(error).__name__}") from None

    def forget(self) -> None:
        """Ask for another token next time."""
        self._token = None
        if self._inner is not None:
            self._inner.close()
            self._inner = None


def is_untrusted(error: Exception) -> bool:
    """Say whether a server's certificate was refused, which no other try mends."""
    return "CERTIFICATE_VERIFY_FAILED" in str(error)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and all that led to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _translated(error: ClientAuthenticationError) -> CredentialsRefused | VendorUnavailable:
    """Return what a failed token request means.

    azure-identity calls every failure one of authentication, an outage too. A refusal of Entra ID itself
    has a code of its own; only that, or a tenant it does not know, is a matter of credentials.
    """
    text = str(error.message)
    code = _CODE.search(text)
    if code is None and not any(_NO_TENANT.search(str(one)) for one in _chain(error)):
        return VendorUnavailable(
            "Entra ID gives no token now (it is tried again; if it stays, check the connection's authority)"
        )
    if code is not None and code[0] in _PASSING:
        return VendorUnavailable(f"Entra ID gives no token now: {code[0]} (it is tried again)")
    said = without_addresses(text).split(" Trace ID")[0].split(". Authority would")[0]
    return CredentialsRefused(
        f"Entra ID grants no token: {said} (check tenant, client id and secret of the connection)"
    )
