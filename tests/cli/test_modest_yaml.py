"""YAML from strangers is looked through before anything is made of it."""

from contextlib import suppress

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from codesign.cli.modest_yaml import UnexpectedReferenceError, require_modest_yaml

LAUGHS = "\n".join(["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))])
"""A few lines that stand for 2 ** 60 values."""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LAUGHS, "more than 131072 values"),
        ("a: &a [*a]", "what it stands in"),
        ("a: *b", "an alias of nothing"),
        ("a: &a {b: &c [*a]}", "what it stands in"),
        ("[" * 100 + "]" * 100, "levels deep"),
        ("- " * 500 + "1", "levels deep"),
        ("a: !!python/object/apply:os.system ['true']", "a tag"),
        ("a: !!python/object/apply:pathlib.Path [a]", "a tag"),
        ("a: !!binary aGk=", "a tag"),
        ("a: !!set {b}", "a tag"),
        ("a: !mine 3", "a tag"),
        ("\n".join("- 1" for _ in range(140_000)), "more than 131072 values"),
        ("a: " + "${" * 17, "references in one text"),
    ],
)
def test_yaml_that_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        require_modest_yaml(text, references=True)


def test_a_reference_is_found_however_it_is_written() -> None:
    for text in ("a: ${oc.env:HOME}", r'a: "\x24{oc.env:HOME}"', "${a}: 1", "- {a: [x, '${b}']}"):
        require_modest_yaml(text, references=True)
        with pytest.raises(UnexpectedReferenceError):
            require_modest_yaml(text, references=False)


def test_yaml_that_people_write() -> None:
    text = "base: &base {a: 1, b: [1, 2.5, null, true]}\nother:\n  <<: *base\n  c: !!str 3\nmany: [*base, *base]\n"
    require_modest_yaml(text, references=False)
    require_modest_yaml("", references=False)


@given(st.text())
def test_any_text_is_let_through_or_refused(text: str) -> None:
    with suppress(ValueError, yaml.YAMLError):
        require_modest_yaml(text, references=True)
