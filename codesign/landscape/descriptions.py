"""What each measure is: its unit and a sentence, for tables, pages and documentation."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Description:
    """What a measure is.

    Attributes:
        unit: "loss" for the unit of the task's loss, "length" for that of weight space, "1" for a share, a cosine, a
            count or a quotient.
        meaning: a sentence without its full stop.
        smoother: 1 where larger values belong to smoother or steadier landscapes, -1 where smaller ones do, 0 for
            neither.
    """

    unit: str
    meaning: str
    smoother: int = 0


def _landscape() -> dict[str, Description]:
    found = {
        "straight_length": Description("length", "distance of the learned from the first weights"),
        "straight_drop": Description("loss", "gain: loss at the first minus loss at the learned weights"),
        "straight_barrier": Description(
            "loss", "how far the straight line from first to learned weights rises above its higher end", -1
        ),
        "straight_variation": Description(
            "loss", "total variation on the straight line beyond the change between its ends", -1
        ),
        "straight_relative_variation": Description("1", "straight_variation over straight_drop", -1),
    }
    for place in ("first", "learned"):
        where = f"at the {place} weights"
        found[f"{place}_gradient_norm"] = Description("loss / length", f"length of the gradient {where}")
        for line, along in (("downhill", "down the gradient"), ("random", "in random directions (mean)")):
            of = f"of lines {along} {where}" if line == "random" else f"of the line {along} {where}"
            name = f"{place}_{line}"
            found |= {
                f"{name}_variation": Description(
                    "loss", f"total variation {of} beyond the change between the ends", -1
                ),
                f"{name}_relative_variation": Description("1", f"the same over largest minus smallest loss {of}", -1),
                f"{name}_roughness": Description("loss", f"mean absolute second difference {of}", -1),
                f"{name}_relative_roughness": Description(
                    "1", f"mean absolute second difference {of} over the gain", -1
                ),
                f"{name}_unexplained": Description("1", f"share of variance {of} that the best cubic leaves", -1),
            }
            for reach in ("near", "far"):
                move = f"after a {'short' if reach == 'near' else 'long'} move {along}"
                own = f"{name}_{reach}"
                found |= {
                    f"{own}_cosine": Description("1", f"cosine of the gradients {where} and {move}", 1),
                    f"{own}_change": Description(
                        "1", f"length of the gradient's change {move} over its own, {where}", -1
                    ),
                    f"{own}_lipschitz": Description(
                        "loss / length^2", f"length of the gradient's change {move} over that of the move, {where}", -1
                    ),
                }
                if line == "downhill":
                    found |= {
                        f"{own}_descends": Description("1", f"1 where the loss is lower {move}, {where}", 1),
                        f"{own}_descent": Description(
                            "1", f"fall of the loss {move} over what the gradient foretells", 1
                        ),
                    }
    return found | {
        "starts_norm_spread": Description("1", "standard deviation of log10 of gradient lengths over new starts", -1),
        "starts_norm_median": Description("loss / length", "median length of gradients over new starts"),
        "starts_norm_largest": Description("loss / length", "largest length of gradients over new starts"),
        "starts_norm_large": Description("1", "share of new starts whose gradient is large or not finite", -1),
    }


LANDSCAPE_MEASURES: dict[str, Description] = _landscape()
"""What `landscape_measures` returns, by name."""

PATH_MEASURES: dict[str, Description] = {
    "path_steps": Description("1", "steps that were taken before learning ended"),
    "path_gain": Description("loss", "first loss minus the lowest on the way"),
    "path_cosine": Description("1", "mean cosine of successive gradients", 1),
    "path_signal_to_noise": Description(
        "1", "length of the mean step over the root mean square of what steps differ from it", 1
    ),
    "path_roughness": Description("loss", "mean absolute second difference of the learning curve", -1),
    "path_relative_roughness": Description("1", "path_roughness over path_gain", -1),
    "path_improving": Description("1", "share of steps after which the loss is lower", 1),
    "path_descent": Description("1", "median over steps of the fall of the loss over what the gradient foretells", 1),
    "path_norm_median": Description("loss / length", "median length of gradients"),
    "path_norm_largest": Description("loss / length", "largest length of gradients"),
    "path_norm_large": Description("1", "share of places whose gradient is large or not finite", -1),
    "path_norm_growth": Description("1", "median length of gradients in the last quarter of places over the first"),
}
"""What `path_measures` returns, by name."""


def precision_name(steps: int) -> str:
    """Return the name of the cosine of single and double precision over so many steps."""
    return f"cosine_float32_{steps}"


def difference_name(size: float, steps: int) -> str:
    """Return the name of the error of central differences of a size over so many steps."""
    return f"difference_error_{size:g}_{steps}"


def gradient_check_measures(horizons: Sequence[int], sizes: Sequence[float]) -> dict[str, Description]:
    """Return what `gradient_checks` returns for some horizons and sizes of differences, by name."""
    found = {}
    for steps in horizons:
        found[precision_name(steps)] = Description(
            "1", f"cosine of gradients in single and double precision over {steps} steps, -1 where one is not finite", 1
        )
        for size in sizes:
            found[difference_name(size, steps)] = Description(
                "1", f"relative error of central differences of {size:g} along the gradient over {steps} steps", -1
            )
    return found
