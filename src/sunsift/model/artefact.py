"""The file in which a trained model ships: plain JSON, checked to the last field, never code.

Its digest tells damage from truth, not friend from foe: whoever may write the file may write another model.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from sunsift.domain.errors import SunsiftError
from sunsift.model.trees import Trees

FORMAT: Final = 1
LARGEST_BYTES: Final = 1_000_000
HEADS: Final = ("poor", "performance", "error", "healthy")
_DIGEST: Final = "digest"
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError)


class DamagedModelError(SunsiftError):
    """A model file that cannot be trusted."""


class HeadFile(msgspec.Struct, forbid_unknown_fields=True):
    """One sum of trees: each tree is features, thresholds, missing goes left, leaves, means."""

    bias: float
    trees: list[tuple[list[int], list[float], list[int], list[float], list[float]]]


class HistogramFile(msgspec.Struct, forbid_unknown_fields=True):
    """How a column of the evidence was spread at training: inner edges, and the share between them."""

    edges: list[float]
    shares: list[float]


class ModelFile(msgspec.Struct, forbid_unknown_fields=True):
    """All of a trained model. calibration: pairs (raw log-odds, calibrated log-odds), rising."""

    format: int
    version: str
    features: list[str]
    heads: dict[str, HeadFile]
    calibration: list[tuple[float, float]]
    training: dict[str, HistogramFile]
    card: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Artefact:
    """A model file that was read and checked."""

    version: str
    features: Sequence[str]
    heads: Mapping[str, Trees]
    calibration: Sequence[tuple[float, float]]
    training: Mapping[str, HistogramFile]
    card: Mapping[str, Any]
    size_bytes: int


def to_bytes(model: ModelFile) -> bytes:
    """Return the content of a model file; equal models give equal bytes."""
    body = msgspec.json.encode(model, order="sorted")
    return msgspec.json.encode({_DIGEST: _digest(body)}) + b"\n" + body + b"\n"


def read(content: bytes, features: Sequence[str]) -> Artefact:
    """Read and check a model file.

    features: names that this version can compute. Errors: DamagedModelError that says what is wrong.
    """
    if len(content) > LARGEST_BYTES:
        raise DamagedModelError(f"the model file is larger than {LARGEST_BYTES} bytes")
    head, _, body = content.partition(b"\n")
    body = body.rstrip(b"\n")
    try:
        told = msgspec.json.decode(head, type=dict[str, str]).get(_DIGEST)
    except _UNREADABLE as error:
        raise DamagedModelError(f"the model file has no readable first line: {error}") from error
    if told != _digest(body):
        raise DamagedModelError("the model file was changed after it was written: its digest does not fit")
    try:
        model = msgspec.json.decode(body, type=ModelFile)
    except _UNREADABLE as error:
        raise DamagedModelError(f"the model file cannot be read: {error}") from error
    _check(model, features)
    return Artefact(
        version=model.version,
        features=model.features,
        heads={name: Trees.of(head.bias, head.trees) for name, head in model.heads.items()},
        calibration=model.calibration,
        training=model.training,
        card=model.card,
        size_bytes=len(content),
    )


def _digest(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def _check(model: ModelFile, features: Sequence[str]) -> None:
    """Refuse what scoring would stumble over."""
    if model.format != FORMAT:
        raise DamagedModelError(f"the model file has format {model.format}; this version reads {FORMAT}")
    unknown = set(model.features) - set(features)
    if unknown:
        raise DamagedModelError(
            f"the model asks for features that nobody computes: {', '.join(sorted(unknown))}"
        )
    if set(model.heads) != set(HEADS):
        raise DamagedModelError(f"the model must have the heads {', '.join(HEADS)}")
    if any(list(column) != sorted(set(column)) for column in zip(*model.calibration, strict=True)):
        raise DamagedModelError("the model's calibration must rise")
    if len(model.calibration) < 2:
        raise DamagedModelError("the model's calibration needs two points")
    for name, head in model.heads.items():
        for tree in head.trees:
            if [len(part) for part in tree] != [3, 3, 3, 4, 3]:
                raise DamagedModelError(f"a tree of the head {name} has not the right shape")
            if not all(0 <= column < len(model.features) for column in tree[0]):
                raise DamagedModelError(f"a tree of the head {name} asks for a feature that is not there")
            numbers = (head.bias, *tree[1], *tree[3], *tree[4])
            if not all(map(math.isfinite, numbers)):
                raise DamagedModelError(f"a tree of the head {name} holds a number that is none")
