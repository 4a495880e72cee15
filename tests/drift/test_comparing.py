from __future__ import annotations

from leadline.drift.comparing import merged, once
from leadline.ports import CheckFinding

MILD = CheckFinding("external_id", "lead.id", "the key is not active yet", "warning")
BAD = CheckFinding("external_id_not_external", "lead.id", "no key")


def test_a_trouble_that_both_tell_of_is_told_once_in_the_adapter_s_words():
    same = CheckFinding("external_id_not_unique", "lead.id", "not unique", "warning")

    assert merged([MILD], [same]) == [MILD]


def test_the_one_who_knows_that_it_is_worse_is_believed():
    assert merged([MILD], [BAD]) == [BAD]
    assert merged([BAD], [MILD]) == [BAD]


def test_two_troubles_of_one_field_are_two():
    short = CheckFinding("length", "lead.id", "too short")

    assert merged([MILD], [short]) == [MILD, short]


def test_of_two_mentions_the_first_stands_unless_it_is_milder():
    first, second = (CheckFinding("type", "Lead.X", words, "warning") for words in ("read", "written"))
    worse = CheckFinding("type", "Lead.X", "stops", "error")

    assert once([first, second]) == [first]
    assert once([first, worse, second]) == [worse]
