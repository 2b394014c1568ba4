"""Configuration files as people save them: with a byte-order mark, with comments above the line `# @package`."""

import io
import re
from pathlib import Path

import yaml
from hydra._internal.core_plugins.file_config_source import FileConfigSource as HydraFiles
from hydra._internal.sources_registry import SourcesRegistry
from hydra.plugins.config_source import ConfigLoadError, ConfigResult, ConfigSource
from omegaconf import OmegaConf

from codesign.cli.modest_yaml import MOST_COMPOSED, require_modest_yaml
from codesign.errors import ConfigError
from codesign.reading import MOST, read_text

GLOBAL = ("experiment", "debug")
"""Groups whose options set keys of the whole configuration, and so need a line that says so."""

_HEADER = re.compile(r"\s*#\s*@package\b")


class FileConfigSource(HydraFiles):
    """Reads what Hydra's own source of files does, and files that it would misread in silence.

    Hydra takes a line `# @package` only from the top of a file, and ignores it anywhere else.
    """

    def load_config(self, config_path: str) -> ConfigResult:
        """Return the configuration in a file.

        Raises:
            ConfigError: the file is no YAML of modest size, or has its line `# @package` where nothing reads it.
        """
        path = Path(self.path, self._normalize_file_name(config_path)).resolve()
        if not path.exists():
            raise ConfigLoadError(f"Config not found : {path}")
        try:
            text = read_text(path, MOST.configuration).removeprefix("\ufeff")
            header = _header(text.splitlines(), path, config_path)
            require_modest_yaml(text, references=True, most=MOST_COMPOSED)
            config = OmegaConf.load(io.StringIO(text))
        except UnicodeDecodeError as error:
            raise ConfigError("configuration files in UTF-8", f"{path} ({error.reason})", "save it as UTF-8") from error
        except (yaml.YAMLError, ValueError) as error:
            got = f"{path} ({' '.join(str(error).split())})"
            raise ConfigError("configuration files in YAML, of plain values", got, "mend the file") from error
        except OSError as error:
            reason = f"{path} ({error.strerror or error})"
            raise ConfigError("configuration files that can be read", reason, "mend the file, or its name") from error
        return ConfigResult(provider=self.provider, path=f"file://{self.path}", config=config, header=header)


def read_files_as_saved() -> None:
    """Let Hydra read configuration files through `FileConfigSource` of this module in this process."""
    SourcesRegistry.instance().types[FileConfigSource.scheme()] = FileConfigSource


def _header(lines: list[str], path: Path, config_path: str) -> dict[str, str | None]:
    """Return what the comments at the top of a file tell Hydra."""
    top = next((number for number, line in enumerate(lines) if line.split("#")[0].strip()), len(lines))
    for number, line in enumerate(lines[top:], start=top + 1):
        if _HEADER.match(line):
            got = f"it in line {number} of {path}"
            raise ConfigError("the line '# @package' above all keys", got, "move it to the first line")
    try:
        header = ConfigSource._get_header_dict("\n".join(line for line in lines[:top] if _HEADER.match(line)))
    except ValueError as error:
        raise ConfigError(
            "a line '# @package NAME'", f"{error} in {path}", "write for example # @package _global_"
        ) from error
    group = config_path.partition("/")[0]
    if header["package"] is None and group in GLOBAL and "/" in config_path:
        remedy = "put this line first, else its keys would stay inside of it"
        raise ConfigError(f"a line '# @package _global_' in an option of {group}", f"none in {path}", remedy)
    return header
