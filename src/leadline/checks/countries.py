"""Countries by name or code, judged by the Unicode CLDR as Babel ships it."""

from __future__ import annotations

import json
import unicodedata
from functools import cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.languages import get_official_languages

OWN_NAMES = Path(__file__).with_name("own_country_names.json")

# ISO 3166-1 names, former and everyday names that CLDR's English lacks.
_OTHER_NAMES = {
    "bolivia, plurinational state of": "BO",
    "brunei darussalam": "BN",
    "burma": "MM",
    "cabo verde": "CV",
    "congo, democratic republic of the": "CD",
    "congo, the democratic republic of the": "CD",
    "congo": "CG",
    "cote d'ivoire": "CI",
    "ivory coast": "CI",
    "czech republic": "CZ",
    "east timor": "TL",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "uk": "GB",
    "holland": "NL",
    "holy see": "VA",
    "hong kong": "HK",
    "iran, islamic republic of": "IR",
    "korea": "KR",
    "korea, republic of": "KR",
    "republic of korea": "KR",
    "korea, democratic people's republic of": "KP",
    "lao people's democratic republic": "LA",
    "macau": "MO",
    "macao": "MO",
    "macedonia": "MK",
    "micronesia, federated states of": "FM",
    "moldova, republic of": "MD",
    "myanmar": "MM",
    "palestine": "PS",
    "palestine, state of": "PS",
    "republic of ireland": "IE",
    "russian federation": "RU",
    "swaziland": "SZ",
    "syrian arab republic": "SY",
    "taiwan, province of china": "TW",
    "tanzania, united republic of": "TZ",
    "turkey": "TR",
    "united kingdom of great britain and northern ireland": "GB",
    "united states of america": "US",
    "venezuela, bolivarian republic of": "VE",
    "viet nam": "VN",
}
# In CLDR, but not countries of ISO 3166-1.
_NO_COUNTRIES = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"}


def country_code(text: str, region: str | None) -> str | None:
    """Return the ISO 3166-1 alpha-2 code of a country, None if it is none.

    Args:
        text: alpha-2, alpha-3, or a name: in English, in the country's own languages, or in those of
            `region`; case, accents, full stops and a leading "the" do not count, "Saint" is "St".
        region: Alpha-2 code of where the supplier is.
    """
    key = _key(text)
    if len(key) == 2 and (code := key.upper()) in _codes():
        return code
    return (
        _alpha3().get(key.upper())
        or _english().get(key)
        or (_names_of_region(region).get(key) if region else None)
        or _own_names().get(key)
    )


def _key(text: str) -> str:
    bare = "".join(
        character for character in unicodedata.normalize("NFKD", text) if not unicodedata.combining(character)
    )
    folded = bare.casefold().replace("\u2019", "'").replace("&", "and").replace(".", "")
    return " ".join("st" if word == "saint" else word for word in folded.split()).removeprefix("the ")


@cache
def _codes() -> frozenset[str]:
    found = {code for code in _territories("en") if len(code) == 2 and code.isalpha()}
    return frozenset(found - _NO_COUNTRIES)


@cache
def _alpha3() -> dict[str, str]:
    aliases = get_global("territory_aliases")
    return {
        alias: targets[0]
        for alias, targets in aliases.items()
        if len(alias) == 3 and alias.isalpha() and len(targets) == 1 and targets[0] in _codes()
    }


@cache
def _english() -> dict[str, str]:
    return _names_in("en") | {_key(name): code for name, code in _OTHER_NAMES.items()}


@cache
def _names_of_region(region: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for language in get_official_languages(region.upper(), regional=True, de_facto=True):
        names = _names_in(language) | names
    return names


@cache
def _own_names() -> dict[str, str]:
    """Return `derive_own_names()` as it is kept beside this module: 7 KB in the place of 100 MB."""
    names: dict[str, str] = json.loads(OWN_NAMES.read_text("utf-8"))
    return names


def derive_own_names() -> dict[str, str]:
    """Return key of a name -> code, of every country in its own languages; a name of two is left out.

    Babel keeps each locale that it has read, and these are nearly all: half a second and 100 MB a process.
    `write_own_names` keeps them anew, after an update of Babel.
    """
    names: dict[str, str] = {}
    twice: set[str] = set()
    for code in sorted(_codes()):
        for language in get_official_languages(code, regional=True, de_facto=True):
            name = _territories(language).get(code)
            if name and names.setdefault(_key(name), code) != code:
                twice.add(_key(name))
    return {name: code for name, code in names.items() if name not in twice}


def write_own_names() -> None:
    """Keep `derive_own_names()` beside this module, for those who develop it."""
    text = json.dumps(derive_own_names(), ensure_ascii=False, indent=0, sort_keys=True)
    OWN_NAMES.write_text(f"{text}\n", "utf-8")


@cache
def _names_in(language: str) -> dict[str, str]:
    names = _territories(language)
    return {_key(name): code for code, name in names.items() if code in _codes()}


def _territories(language: str) -> dict[str, str]:
    try:
        return {str(code): str(name) for code, name in Locale.parse(language).territories.items()}
    except (UnknownLocaleError, ValueError):
        return {}
