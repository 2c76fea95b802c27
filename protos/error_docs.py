"""docs/errors.md: what each error reason means, from the comments in error_reason.proto."""

from __future__ import annotations

import re
from dataclasses import dataclass

from proto_model import Api

_SHAPE = re.compile(
    r"(?P<text>.+)\nStatus: (?P<status>\w+)\nMetadata: (?P<metadata>.+)\nSample: (?P<sample>\{.*\})", re.DOTALL
)

INTRODUCTION = """\
# Error reasons

<!-- Generated from protos/tuan_api/v1/error_reason.proto by `make protos`. Change the comments there. -->

A refused call ends with a gRPC status and, in the trailing metadata `grpc-status-details-bin`, a `google.rpc.Status` with a
`google.rpc.ErrorInfo`: `domain` is `tuan`, `reason` is one of the names below, `metadata` has the keys listed with it.
`INVALID_FIELD` brings a `google.rpc.BadRequest` too, and whatever is worth repeating a `google.rpc.RetryInfo`. One item of a batch
that fails has the same in an `ItemError`. The Python client raises the exception named here. Decide by the reason, never by
the text. A status without a reason is gRPC's own, such as DEADLINE_EXCEEDED, or a fault of the server (INTERNAL).

Being sold out, over a limit or too early is no error: see `RefusalKind` in order.proto.
"""


@dataclass(frozen=True, slots=True)
class ReasonDoc:
    """One reason as its comment describes it. `sample`: the metadata of an example, JSON."""

    name: str
    text: str
    status: str
    metadata: tuple[str, ...]
    sample: str

    @classmethod
    def parse(cls, name: str, comment: str) -> ReasonDoc:
        """Raises ValueError when the comment has not the form that error_reason.proto states."""
        if (found := _SHAPE.fullmatch(comment)) is None:
            raise ValueError(
                f"{name}: write the meaning, then lines `Status:`, `Metadata:` and `Sample:`, not {comment!r}"
            )
        keys = () if found["metadata"] == "none" else tuple(found["metadata"].split(", "))
        return cls(name, found["text"], found["status"], keys, found["sample"])

    @property
    def exception(self) -> str:
        """Name of the Python client's exception."""
        return "".join(word.capitalize() for word in self.name.split("_"))


def reasons(api: Api) -> list[ReasonDoc]:
    """All reasons, in the order of the .proto."""
    return [ReasonDoc.parse(name, comment) for name, number, comment in api.enums["ErrorReason"].values if number]


def page(api: Api) -> str:
    """The whole of docs/errors.md."""
    text = INTRODUCTION + "\n| reason | status | exception |\n|---|---|---|\n"
    for reason in reasons(api):
        anchor = reason.name.lower()
        text += f"| [`{reason.name}`](#{anchor}) | {reason.status} | `{reason.exception}` |\n"
    for reason in reasons(api):
        keys = ", ".join(f"`{key}`" for key in reason.metadata) or "none"
        text += f"\n## {reason.name}\n\n{reason.text}\n\nStatus {reason.status}. Metadata: {keys}. Sample: `{reason.sample}`\n"
    return text
