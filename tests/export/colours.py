"""How far apart colours are to eyes that lack a kind of cone (Machado, Oliveira & Fernandes 2009), in OKLab."""

import itertools
from collections.abc import Sequence

import numpy as np

EYES = {
    "trichromat": np.eye(3),
    "protanope": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranope": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanope": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
"""What each kind of eyes makes of linear red, green and blue."""

_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def nearest(colours: Sequence[str], eyes: str) -> float:
    """Return the least distance of two of these colours, of which 100 is that of black and white."""
    places = [_OKLAB @ np.cbrt(_CONES @ np.clip(EYES[eyes] @ linear(colour), 0, 1)) for colour in colours]
    return min(100 * float(np.linalg.norm(a - b)) for a, b in itertools.combinations(places, 2))


def contrast(colour: str, ground: str) -> float:
    """Return the contrast of two colours as WCAG defines it, 1 to 21."""
    light, dark = sorted((float(linear(each) @ [0.2126, 0.7152, 0.0722]) for each in (colour, ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def linear(colour: str) -> np.ndarray:
    """Return the linear red, green and blue of a colour such as #c8500a."""
    values = np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
