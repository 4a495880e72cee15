"""The countries and cities that seeded people live in, and how their phones and postal codes look."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class City:
    """A city: name, state or region, the first postal code and how many follow, and its phone prefix."""

    name: str
    state: str
    postal_from: str
    postal_count: int
    phone: str  # international, up to where the subscriber's digits begin
    digits: int  # how many digits follow


@dataclass(frozen=True)
class Country:
    """A country: alpha-2 code, how suppliers may write it, mobile prefix, language and cities.

    `share` is how many of a thousand leads live there.
    """

    code: str
    written: tuple[str, ...]
    mobile: str
    mobile_digits: int
    language: str
    share: int
    cities: tuple[City, ...]


# A country: code | written as | mobile prefix and digits that follow | language | share
#    its cities: name | state | first postal code | how many | phone prefix and digits that follow
# No partner serves Italy and the Netherlands: their leads wait for somebody to route them by hand.
_TABLE = """
DE | Germany, DE, DEU, germany | +49151 8 | de | 300
   München | Bayern | 80331 | 900 | +4989 8
   Augsburg | Bayern | 86150 | 20 | +49821 6
   Ulm | Baden-Württemberg | 89073 | 8 | +49731 6
   Berlin | Berlin | 10115 | 900 | +4930 8
   Hamburg | Hamburg | 20095 | 900 | +4940 8
   Bremen | Bremen | 28195 | 18 | +49421 7
   Nürnberg | Bayern | 90402 | 90 | +49911 7
   Köln | Nordrhein-Westfalen | 50667 | 300 | +49221 7
   Stuttgart | Baden-Württemberg | 70173 | 500 | +49711 7
   Leipzig | Sachsen | 04103 | 90 | +49341 7
AT | Austria, AT, AUT | +43664 7 | de | 60
   Wien | Wien | 1010 | 20 | +431 7
   Graz | Steiermark | 8010 | 30 | +43316 6
CH | Switzerland, CH, CHE | +4179 7 | de | 60
   Zürich | ZH | 8001 | 60 | +4144 7
   Genève | GE | 1201 | 8 | +4122 7
PL | Poland, PL, POL | +48501 6 | pl | 50
   Warszawa | mazowieckie | 00-001 | 90 | +4822 7
   Gdańsk | pomorskie | 80-001 | 90 | +4858 7
GB | United Kingdom, GB, GBR, united kingdom | +447400 6 | en | 100
   London | England | SW1A 1AA | 1 | +44207946 4
   Leeds | England | LS1 4AP | 1 | +44113496 4
IE | Ireland, IE, IRL | +35385 7 | en | 20
   Dublin | Leinster | D02 X285 | 1 | +3531 7
FR | France, FR, FRA | +3361 7 | fr | 70
   Lyon | Auvergne-Rhône-Alpes | 69001 | 9 | +33472 6
   Nantes | Pays de la Loire | 44000 | 1 | +33240 6
BE | Belgium, BE, BEL | +32470 6 | fr | 20
   Liège | Wallonie | 4000 | 1 | +3242 6
ES | Spain, ES, ESP | +34612 6 | es | 40
   Sevilla | Andalucía | 41001 | 20 | +34954 6
PT | Portugal, PT, PRT | +35191 7 | es | 20
   Porto | Porto | 4000-008 | 1 | +35122 7
NO | Norway, NO, NOR | +4740 6 | no | 20
   Bergen | Vestland | 5003 | 20 | +4755 6
SE | Sweden, SE, SWE | +4670 7 | no | 30
   Göteborg | Västra Götaland | 411 01 | 1 | +4631 7
DK | Denmark, DK, DNK | +4520 6 | no | 20
   Århus | Midtjylland | 8000 | 1 | +4586 6
FI | Finland, FI, FIN | +35840 7 | no | 20
   Turku | Varsinais-Suomi | 20100 | 30 | +3582 7
US | United States, US, USA | +1617555 4 | en | 90
   Boston | MA | 02108 | 20 | +1617555 4
   Austin | TX | 78701 | 20 | +1512555 4
CA | Canada, CA, CAN | +1416555 4 | en | 30
   Toronto | ON | M5H 2N2 | 1 | +1416555 4
AU | Australia, AU, AUS | +61412 6 | en | 10
   Sydney | NSW | 2000 | 8 | +6125550 4
NZ | New Zealand, NZ, NZL | +6421 7 | en | 10
   Auckland | Auckland | 1010 | 8 | +649 7
IT | Italy, IT, ITA | +39347 7 | xx | 20
   Milano | MI | 20121 | 20 | +3902 8
NL | Netherlands, NL, NLD | +3162 7 | xx | 10
   Utrecht | Utrecht | 3511 AA | 1 | +3130 7
"""


def _read_table() -> tuple[Country, ...]:
    countries: list[Country] = []
    cities: list[City] = []
    for line in reversed(_TABLE.strip().splitlines()):
        cells = [cell.strip() for cell in line.split("|")]
        if line.startswith(" "):
            prefix, digits = cells[4].split()
            cities.insert(0, City(cells[0], cells[1], cells[2], int(cells[3]), prefix, int(digits)))
            continue
        prefix, digits = cells[2].split()
        country = Country(
            cells[0], tuple(cells[1].split(", ")), prefix, int(digits), cells[3], int(cells[4]), tuple(cities)
        )
        countries.insert(0, country)
        cities = []
    return tuple(countries)


COUNTRIES = _read_table()
