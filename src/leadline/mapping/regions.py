"""Regions whose phone numbers can be judged, and countries; here, for what knows them loads too slowly."""

from __future__ import annotations

# As phonenumbers lists them (a test compares): each task of a run reads its mapping, few judge a number.
_LISTED = """
AC AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT
BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER
ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE
IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV
LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP
NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK
SL SM SN SO SR SS ST SV SX SY SZ TA TC TD TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA
VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""
PHONE_REGIONS = frozenset(_LISTED.split())

# ISO 3166-1 has countries without a telephone, and not Ascension and Tristan da Cunha; Kosovo counts.
COUNTRIES = (PHONE_REGIONS - {"AC", "TA"}) | {"AQ", "BV", "GS", "HM", "PN", "TF", "UM"}


def is_country(code: str) -> bool:
    """Say whether a lead can have this country: two letters of ISO 3166-1 in either case, or UK for GB."""
    return code.upper() in COUNTRIES or code.upper() == "UK"


def region_problem(code: str) -> str | None:
    """Return why a mapping's `default_region` cannot be used, with what is meant where that shows."""
    if code in PHONE_REGIONS:
        return None
    meant = ""
    if code.upper() == "UK":
        meant = "; the United Kingdom is GB"
    elif code.upper() in PHONE_REGIONS:
        meant = f"; write {code.upper()}"
    return (
        f"'{code}' is no country code that has phone numbers; allowed are the two capitals of "
        f"ISO 3166-1, such as DE, GB or US{meant}"
    )
