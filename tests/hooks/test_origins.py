from __future__ import annotations

import pytest

from hooks.origins import host_names, origin, stay
from leadline.errors import NotAllowed

OWN = "https://org.example:8443/api"
ALLOWED = host_names(" Files.example ,,cdn.example")


@pytest.mark.parametrize(
    "link",
    ["https://ORG.example:8443/next", "https://files.example/x", "https://cdn.example:444/x"],
)
def test_a_link_may_lead_to_our_origin_and_by_https_to_an_allowed_host(link):
    stay(link, OWN, ALLOWED)

    with pytest.raises(NotAllowed):  # it was the origin, or the list, that let it
        stay(link, "https://other.example", frozenset())


@pytest.mark.parametrize(
    "link",
    [
        "https://org.example/next",  # another port
        "http://org.example:8443/next",
        "http://files.example/x",
        "https://files.example.evil.example/x",
        "https://org.example:8443@evil.example/x",
        "//evil.example/x",
        "https://org.example:port/x",  # no URL
        "https://[org.example/x",
        # Two readers take these for two hosts, and the one that connects is not the one that checks.
        "https://evil.example\\@org.example:8443/x",
        "https://evil.example:8443\\@org.example:8443/x",
        "https://evil.example\t\\@org.example:8443/x",
        "https://org.exa\nmple:8443/x",
    ],
)
def test_a_link_leads_nowhere_else(link):
    with pytest.raises(NotAllowed):
        stay(link, OWN, ALLOWED)


def test_the_usual_port_of_a_scheme_need_not_be_named():
    assert origin("https://org.example") == origin("https://Org.example:443/x")
    assert origin("http://org.example") == origin("http://org.example:80")


def test_names_that_are_two_hosts_are_no_one_origin():
    """A sharp s is a letter of its own in a domain, though folding makes two of it."""
    with pytest.raises(NotAllowed):
        stay(
            "https://crm.gla\u00df.example/x", "https://crm.glass.example", host_names("files.glass.example")
        )
    with pytest.raises(NotAllowed):
        stay("https://files.gla\u00df.example/x", "https://org.example", host_names("files.glass.example"))
