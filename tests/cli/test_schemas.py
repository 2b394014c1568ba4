"""Schemas mirror the rooms' dataclasses, and a configuration becomes these dataclasses or one error."""

from collections.abc import Mapping
from dataclasses import dataclass, field, make_dataclass
from typing import Any, Literal

import pytest
from omegaconf import OmegaConf

from codesign.cli.catalogue import experiment_catalogue
from codesign.cli.schemas import Catalogue, mirror
from codesign.cli.settings import build
from codesign.errors import ConfigError


@dataclass(frozen=True)
class Wheel:
    name: str = "wheel"
    radius: float = 0.5
    spokes: int = 8
    places: tuple[tuple[float, float], ...] = ((0.0, 0.0),)
    weights: Mapping[str, float] = field(default_factory=dict)
    tyre: Literal["soft", "hard"] = "soft"
    colour: str | None = None

    def __post_init__(self) -> None:
        if self.spokes < 3:
            raise ConfigError("at least 3", str(self.spokes), "add to {field}", "spokes")
        if self.radius > 1.0 and self.tyre == "hard":
            raise ConfigError("a soft tyre on a large wheel", "a hard one", "choose another")


@dataclass(frozen=True)
class Leg:
    name: str = "leg"
    length: float = 1.0


CATALOGUE = Catalogue({"limb": {"wheel": Wheel, "leg": Leg}}, {"frame.spare": Wheel}, {"seed": int})


def config(**limb: Any) -> dict[str, Any]:
    return {"seed": 3, "limb": {"name": "wheel", **limb}, "frame": {"spare": {}}}


def test_a_mirror_holds_the_defaults() -> None:
    assert OmegaConf.to_container(OmegaConf.structured(mirror(Wheel))) == {
        "name": "wheel",
        "radius": 0.5,
        "spokes": 8,
        "places": [[0.0, 0.0]],
        "weights": {},
        "tyre": "soft",
        "colour": None,
    }


def test_values_become_the_dataclass_of_the_name() -> None:
    built = build(CATALOGUE, config(places=[[1, 2], [3, 4]], weights={"rim": 2}, radius=1))
    assert built["limb"] == Wheel(places=((1.0, 2.0), (3.0, 4.0)), weights={"rim": 2.0}, radius=1.0)
    assert isinstance(built["limb"].radius, float)
    assert built["frame.spare"] == Wheel()
    assert built["seed"] == 3
    assert build(CATALOGUE, {**config(), "limb": {"name": "leg", "length": 2}})["limb"] == Leg(length=2.0)


@pytest.mark.parametrize(
    ("given", "part"),
    [
        (config(spoks=9), "did you mean 'limb.spokes'?"),
        (config(length=9), "another choice than this limb"),
        (config(spokes="many"), "limb.spokes to be a whole number; got 'many'"),
        (config(spokes=2), "expected limb.spokes to be at least 3; got 2; add to limb.spokes"),
        (
            config(radius=2.0, tyre="hard"),
            "expected limb: a soft tyre on a large wheel; got a hard one; choose another",
        ),
        ({**config(), "frame": {"spare": {"spokes": 1}}}, "frame.spare.spokes to be at least 3"),
        (config(spokes=None), "limb.spokes to be a whole number; got null"),
        (config(colour=["red"]), "limb.colour to be a text, or null; got ['red']"),
        (config(radius=float("nan")), "limb.radius"),
        (config(places=[[1, "far"]]), "limb.places[0][1] to be a number; got 'far'"),
        (config(places=[1, 2]), "limb.places[0] to be a list; got 1"),
        (config(places=3), "limb.places to be a list"),
        (config(weights={"rim": "heavy"}), "limb.weights.rim to be a number"),
        (config(name="wing"), "limb to be one of leg, wheel; got 'wing'"),
        (config(name=["wheel"]), "limb to be one of leg, wheel"),
        ({**config(), "limb": "wheel"}, "a section 'limb'"),
        ({**config(), "limb": None}, "a section 'limb'"),
        ({**config(), "frame": {"spare": {}, "extra": {}}}, "'frame.extra'"),
        ({**config(), "wings": {}}, "'wings'"),
        ({**config(), "seed": None}, "seed"),
        ({"limb": {"name": "wheel"}, "frame": {"spare": {}}}, "seed"),
    ],
)
def test_anything_else_is_one_error(given: dict[str, Any], part: str) -> None:
    with pytest.raises(ConfigError) as caught:
        build(CATALOGUE, given)
    assert part in str(caught.value)


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("seed", int),
        ("limb.spokes", int),
        ("limb.length", float),
        ("limb.weights.rim", float),
        ("limb.colour", str | None),
        ("frame.spare.radius", float),
        ("limb.nose", None),
        ("wings.span", None),
        ("limb", None),
    ],
)
def test_the_type_of_a_key_is_that_of_the_only_kind_of_field(key: str, hint: Any) -> None:
    assert CATALOGUE.hint(key) == hint


def test_a_key_whose_type_depends_on_the_choice_has_none() -> None:
    limbs = {"wheel": Wheel, "arm": make_dataclass("Arm", [("radius", int, 3)])}
    assert Catalogue({"limb": limbs}, {}, {}).hint("limb.radius") is None
    assert Catalogue({"limb": limbs}, {}, {}).hint("limb.spokes") is int


@pytest.mark.parametrize(
    ("field", "key"),
    [
        ("length", "limb.length"),
        ("limb.length", "limb.length"),
        ("seed", "seed"),
        ("spokes", "spokes"),  # which of the wheels?
        ("nose", "nose"),
        ("", ""),
    ],
)
def test_an_error_from_elsewhere_gets_the_only_section_that_has_its_field(field: str, key: str) -> None:
    assert CATALOGUE.located(ConfigError("another", "this", "change {field}", field)).field == key


def test_a_configuration_cannot_name_code() -> None:
    """Hydra's own way of making objects from a configuration is not open to a file from a stranger."""
    with pytest.raises(ConfigError, match="_target_"):
        build(CATALOGUE, config(_target_="os.system", command="true"))
    with pytest.raises(ConfigError):
        build(CATALOGUE, config(name="os.system"))


@pytest.mark.parametrize(
    ("field", "key"),
    [
        ("grazing_speed", "sim.contact.grazing_speed"),
        ("contact.friction", "sim.contact.friction"),
        ("volume", "forces.water.volume"),
        ("forces", "forces"),
        ("beacon", "conditions.beacon"),
        ("seed", "seed"),
    ],
)
def test_an_error_names_the_key_inside_sections_and_collections(field: str, key: str) -> None:
    """Contacts are sections inside one, and forces sections of a collection."""
    assert experiment_catalogue().located(ConfigError("other", "this", "set {field}", field)).field == key
