"""What the user should hear of a generation."""

from codesign.run.metrics import Metrics
from codesign.train import LearningStatus

NOTABLE = 0.5
"""Share of the designs of a generation whose learning ended early, for one reason, from which on the user hears of it.
"""


def notices_of(metrics: Metrics) -> list[str]:
    """Return what the user should know of how learning ended in a generation."""
    generation, shares = metrics.generation, metrics.status_shares
    notices: list[str] = []
    if not metrics.valid_share:
        listed = ", ".join(f"{share:.0%} {label}" for label, share in shares.items())
        notices.append(f"No design of generation {generation} was valid: {listed}.")
    for label, share in shares.items():
        status = LearningStatus[label.upper()]
        if status.remedy and share >= NOTABLE:
            notices.append(
                f"{share:.0%} of the designs of generation {generation} ended learning as {label}: {status.meaning}. "
                f"{status.remedy}"
            )
    return notices
