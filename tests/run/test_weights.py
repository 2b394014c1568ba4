"""Files of a controller's weights."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from codesign.errors import ConfigError
from codesign.run import read_weights, write_weights


def test_what_is_written_is_read(tmp_path: Path) -> None:
    weights = np.random.default_rng(0).normal(size=7)
    write_weights(tmp_path / "controller.safetensors", weights)
    assert read_weights(tmp_path / "controller.safetensors") == tuple(weights.tolist())


def test_a_file_that_is_none(tmp_path: Path) -> None:
    torn = tmp_path / "torn"
    torn.write_bytes(save({"weights": np.ones(9)})[:20])
    other = tmp_path / "other"
    other.write_bytes(save({"bias": np.ones(9)}))
    hollow = tmp_path / "hollow"
    hollow.write_bytes(save({"weights": np.array([1.0, np.nan])}))
    for path in (torn, other, hollow, tmp_path / "absent", tmp_path):
        with pytest.raises(ConfigError) as caught:
            read_weights(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)
