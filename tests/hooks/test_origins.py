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
    ],
)
def test_a_link_leads_nowhere_else(link):
    with pytest.raises(NotAllowed):
        stay(link, OWN, ALLOWED)


def test_the_usual_port_of_a_scheme_need_not_be_named():
    assert origin("https://org.example") == origin("https://Org.example:443/x")
    assert origin("http://org.example") == origin("http://org.example:80")
