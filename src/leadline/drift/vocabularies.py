"""How each source system, and a mapping of it, names objects and fields: the only place that knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from leadline.drift.comparing import Description
from leadline.mapping.source import Source

LEADS, CAMPAIGNS = "Lead", "Campaign"
"""What every description calls the records that are handed over, and their campaigns."""


@dataclass(frozen=True)
class SourceVocabulary:
    """The names of one kind of source system.

    In templates `{object}` and `{field}` are those of the mapping, `{handover}` is the id of what hands over.

    Attributes:
        elements: What a source path may begin with ("Form.comments"); each is an object of the description.
        relations: Paths may also lead over relations that are not described ("Lead.Owner.Name").
        objects: Object, in lower case -> its name for people. Others: `custom`, or `numbered` where the name
            is a number.
        fields: Object, in lower case -> a field's name for people; likewise `custom_field`, `numbered_field`.
        linked_apart: Objects whose rows are linked to a lead by a record of its own, not by a field.
        converted: The object that a lead turns into, where the system has that.
        key: What it means that the field of our key is no key there; None: it need not be one.
    """

    elements: frozenset[str] = frozenset()
    relations: bool = False
    objects: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    custom: str = "{object}"
    custom_field: str = "{object}.{field}"
    numbered: str = "{object}"
    numbered_field: str = "{object}.{field}"
    linked_apart: frozenset[str] = frozenset()
    converted: str = ""
    key: Literal["error", "warning"] | None = None

    def object_words(self, object_: str, source: Source) -> str:
        """Return what people call an object."""
        usual = self.numbered if object_.isdigit() else self.custom
        return self._filled(self.objects.get(object_.casefold(), usual), source, object_, "")

    def field_words(self, object_: str, name: str, source: Source) -> str:
        """Return what people call a field."""
        usual = self.numbered_field if object_.isdigit() else self.custom_field
        return self._filled(self.fields.get(object_.casefold(), usual), source, object_, name)

    def place(self, path: str, start: str, description: Description) -> tuple[str, str, bool]:
        """Return object and field of a path; of a relation that is not described its link, and True."""
        if not self.relations:
            first, dot, rest = path.partition(".")
            return (first, rest, False) if dot and first in self.elements else (start, path, False)
        *relations, name = path.split(".")
        object_ = start
        for relation in relations:
            known = next((one for one in self.elements if one.casefold() == relation.casefold()), None)
            if known is None and not description.has(relation):
                return object_, f"{relation[:-1]}c" if relation.endswith("__r") else f"{relation}Id", True
            object_ = known or relation
        return object_, name, False

    def _filled(self, template: str, source: Source, object_: str, name: str) -> str:
        handover = getattr(source, "handover_id", "")
        return template.format(object=object_, field=name, handover=handover)


SOURCES: Mapping[str, SourceVocabulary] = {
    "salesforce": SourceVocabulary(
        elements=frozenset({"Lead", "Campaign", "CampaignMember"}),
        relations=True,
        converted="Contact",
        key="warning",  # a record is looked up before it is made again
    ),
    "marketo": SourceVocabulary(
        objects={"lead": "leads", "campaign": "programs", "program_member": "program members"},
        fields={
            "lead": "lead field '{field}'",
            "campaign": "program field '{field}'",
            "program_member": "program member field '{field}'",
            "opportunity": "opportunity field '{field}'",
        },
        custom="custom object {object}",
        custom_field="field '{field}' of custom object {object}",
        numbered="activity type {object}",
        numbered_field="attribute '{field}' of activity type {object}",
        linked_apart=frozenset({"opportunity"}),  # the lead has a role in it
        key="error",
    ),
    "eloqua": SourceVocabulary(
        elements=frozenset({"Form", "Activity", "Account", "CustomObject"}),
        objects={
            "lead": "contacts",
            "account": "accounts",
            "form": "form {handover}",
            "activity": "activities",
            "customobject": "custom object {handover}",
            "campaign": "campaigns",
        },
        fields={
            "lead": "contact field '{field}'",
            "account": "account field '{field}'",
            "form": "input '{field}' of form {handover}",
            "activity": "activity field '{field}'",
            "customobject": "field '{field}' of custom object {handover}",
            "campaign": "campaign field '{field}'",
        },
        numbered="custom object {object}",
        numbered_field="field '{field}' of custom object {object}",
    ),
}
"""By `source.system`. A system of files is not here: a file is described by its own header only."""
