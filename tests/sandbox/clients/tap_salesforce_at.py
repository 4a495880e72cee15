"""Runs tap-salesforce with every *.salesforce.com address sent to the sandbox: `… URL tap-arguments`."""

import sys
from urllib.parse import urlsplit

import requests

sandbox = sys.argv.pop(1)
send = requests.adapters.HTTPAdapter.send


def send_to_sandbox(self, request, **options):
    address = urlsplit(request.url)
    if address.hostname.endswith(".salesforce.com"):
        request.url = sandbox + request.url.split(address.netloc, 1)[1]
    return send(self, request, **options)


requests.adapters.HTTPAdapter.send = send_to_sandbox
import tap_salesforce  # noqa: E402

tap_salesforce.main()
