"""The model file: equal models give equal bytes, and nothing damaged gets through."""

import hashlib
import json
from collections.abc import Callable
from importlib import resources
from typing import Any

import msgspec
import pytest

from sunsift.domain.errors import SunsiftError
from sunsift.model.artefact import (
    FORMAT,
    HEADS,
    LARGEST_BYTES,
    DamagedModelError,
    HeadFile,
    HistogramFile,
    ModelFile,
    read,
    to_bytes,
)
from sunsift.model.features import FEATURES
from sunsift.model.trained import shipped

NAMES = ("rise_3", "light_30", "battery")
TREE = ([0, 1, 2], [0.5, -1.0, 1e30], [0, 1, 0], [-1.0, 0.25, 0.5, 2.0], [0.1, -0.5, 1.0])


def a_model(**changes: Any) -> ModelFile:
    """Return a small model file that is whole."""
    usual: dict[str, Any] = {
        "format": FORMAT,
        "version": "test-1",
        "features": list(NAMES),
        "heads": {name: HeadFile(float(number), [TREE, TREE]) for number, name in enumerate(HEADS)},
        "calibration": [(-20.0, -18.0), (20.0, 19.0)],
        "training": {"rise": HistogramFile([0.1, 0.2], [0.3, 0.3, 0.4])},
        "card": {"learnt_from": "nothing", "homes": 3},
    }
    return ModelFile(**(usual | changes))


def signed(fields: dict[str, Any]) -> bytes:
    """Return a file whose digest fits, whatever is in it."""
    body = json.dumps(fields).encode()
    digest = hashlib.blake2b(body, digest_size=16).hexdigest()
    return json.dumps({"digest": digest}).encode() + b"\n" + body + b"\n"


def fields() -> dict[str, Any]:
    """Return all that is in the small model, for a test to spoil."""
    found: dict[str, Any] = msgspec.to_builtins(a_model())
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


def with_tree(place: int, value: list[Any]) -> Callable[[dict[str, Any]], None]:
    def spoil(of: dict[str, Any]) -> None:
        of["heads"]["error"]["trees"][1][place] = value

    return spoil


def test_round_trip() -> None:
    model = a_model()
    content = to_bytes(model)
    found = read(content, NAMES)
    assert (found.version, list(found.features), found.card) == (model.version, model.features, model.card)
    assert list(found.calibration) == model.calibration
    assert found.training == model.training
    assert found.size_bytes == len(content)
    for number, name in enumerate(HEADS):
        trees = found.heads[name]
        assert (trees.bias, len(trees)) == (float(number), 2)
        assert trees.feature[:, 0].tolist() == TREE[0]
        assert trees.threshold[:, 0].tolist() == TREE[1]
        assert trees.missing_left[:, 0].tolist() == [False, True, False]
        assert trees.leaf[0].tolist() == TREE[3]
        assert trees.mean[:, 0].tolist() == TREE[4]


def test_equal_models_give_equal_bytes() -> None:
    model = a_model()
    turned = a_model(heads=dict(reversed(model.heads.items())), card=dict(reversed(model.card.items())))
    assert to_bytes(turned) == to_bytes(model)
    assert to_bytes(a_model(version="test-2")) != to_bytes(model)


def test_more_features_than_the_model_wants_are_fine() -> None:
    assert read(to_bytes(a_model()), FEATURES).version == "test-1"


def test_every_flipped_byte_is_seen() -> None:
    content = to_bytes(a_model())
    for place in range(len(content)):
        for flip in (0x01, 0x20, 0x80, 0xFF):
            damaged = content[:place] + bytes([content[place] ^ flip]) + content[place + 1 :]
            with pytest.raises(DamagedModelError, match="the model file"):
                read(damaged, NAMES)


def test_every_cut_is_seen() -> None:
    content = to_bytes(a_model())
    for length in range(len(content) - 1):
        with pytest.raises(DamagedModelError, match="the model file"):
            read(content[:length], NAMES)


def test_too_large_is_not_even_read() -> None:
    with pytest.raises(DamagedModelError, match=f"larger than {LARGEST_BYTES} bytes"):
        read(to_bytes(a_model()) + b"\n" * LARGEST_BYTES, NAMES)


def test_a_fitting_digest_alone_is_read() -> None:
    assert read(signed(fields()), NAMES).version == "test-1"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: f.update(format=FORMAT + 1), f"format {FORMAT + 1}; this version reads {FORMAT}"),
        (lambda f: f.update(features=[*NAMES, "phase_of_moon"]), "nobody computes: phase_of_moon"),
        (lambda f: f.update(features=list(NAMES[:2])), "a feature that is not there"),
        (lambda f: f["heads"].pop("error"), "must have the heads poor, performance, error, healthy"),
        (lambda f: f["heads"].update(more=f["heads"]["error"]), "must have the heads"),
        (lambda f: f.update(calibration=[[0.0, 0.0]]), "needs two points"),
        (lambda f: f.update(calibration=[]), "needs two points"),
        (lambda f: f.update(calibration=[[1.0, 0.0], [0.0, 1.0]]), "must rise"),
        (lambda f: f.update(calibration=[[0.0, 0.0], [0.0, 1.0]]), "must rise"),
        (lambda f: f.update(code="import os"), "unknown field"),
        (lambda f: f.pop("card"), "missing required field"),
        (lambda f: f.update(version=7), "Expected `str`"),
        (with_tree(0, [0, 1]), "head error has not the right shape"),
        (with_tree(3, [0.0] * 5), "head error has not the right shape"),
        (with_tree(0, [0, 1, len(NAMES)]), "head error asks for a feature that is not there"),
        (with_tree(0, [0, -1, 2]), "head error asks for a feature that is not there"),
        (with_tree(3, [0.0, float("nan"), 0.0, 0.0]), "cannot be read"),
        (with_tree(1, [0.0, float("inf"), 0.0]), "cannot be read"),
        (with_tree(3, [0.0, None, 0.0, 0.0]), "cannot be read"),
        (with_tree(3, [0.0, "__import__('os')", 0.0, 0.0]), "cannot be read"),
    ],
)
def test_what_scoring_would_stumble_over_is_refused(
    spoil: Callable[[dict[str, Any]], object], words: str
) -> None:
    spoilt = fields()
    spoil(spoilt)
    with pytest.raises(DamagedModelError, match=words):
        read(signed(spoilt), NAMES)


def test_a_number_beyond_all_is_refused() -> None:
    body = json.dumps(fields()).replace("1e+30", "1e+999").encode()
    assert b"1e+999" in body
    digest = hashlib.blake2b(body, digest_size=16).hexdigest()
    with pytest.raises(DamagedModelError, match="out of range"):
        read(json.dumps({"digest": digest}).encode() + b"\n" + body, NAMES)


@pytest.mark.parametrize("content", [b"", b"\n", b"{}\n{}\n", b"[]\n", b"\x80\x04N.", b"PK\x03\x04" * 9])
def test_other_files_are_refused(content: bytes) -> None:
    with pytest.raises(DamagedModelError, match="the model file"):
        read(content, NAMES)


def test_damage_is_an_error_for_people() -> None:
    assert issubclass(DamagedModelError, SunsiftError)


def test_the_shipped_file_is_small_and_whole() -> None:
    content = resources.files("sunsift.model").joinpath("shipped.json").read_bytes()
    assert len(content) < LARGEST_BYTES
    found = read(content, FEATURES)
    assert shipped().version == found.version
    assert len(found.heads["poor"]) > 0
    damaged = content.replace(b'"version"', b'"Version"')
    assert damaged != content
    with pytest.raises(DamagedModelError, match="digest does not fit"):
        read(damaged, FEATURES)
