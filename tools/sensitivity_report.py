"""Print error and cost of derivatives by method, horizon, contact and precision, for the best design of a run.

    python tools/sensitivity_report.py outputs/my_run
    python tools/sensitivity_report.py outputs/my_run --horizons 100,1000 --contacts no_slip,coulomb --design g012-i0007

The standard output is a table in Markdown, after a line about the machine and the versions. Errors are shares of the
gradient's length, the largest of the gradient's own direction and two random ones; see `codesign.sensitivity`. The
weights are those that the design has learned under the contact of its run, whatever the contact of a line.

What cannot be read as a run is one line on the standard error, and exit status 2.
"""

import argparse
import platform
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import warp as wp

import codesign
from codesign.body import develop
from codesign.cli import run_config
from codesign.cli.catalogue import experiment_catalogue, experiment_of
from codesign.cli.settings import build
from codesign.errors import CodesignError, ConfigError
from codesign.genome import Genomes
from codesign.machine import vector_bytes
from codesign.run import RunFolder, learned_weights, select
from codesign.sensitivity import MethodRow, compare_methods, methods_table
from codesign.sim import CONTACTS


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    try:
        _main(arguments)
    except CodesignError as error:
        sys.stderr.write(f"sensitivity_report: {error}\n")
        return 2
    return 0


def _main(arguments: list[str] | None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", help="folder of the run")
    parser.add_argument("--design", default="best", help="which design, as in codesign export")
    parser.add_argument("--horizons", default="100,1000,10000", help="steps of the episodes")
    parser.add_argument("--contacts", default=",".join(CONTACTS), help="keys of contacts")
    given = parser.parse_args(arguments)
    if not all(word.isdigit() and int(word) for word in given.horizons.split(",")):
        raise ConfigError("--horizons as whole numbers with commas", repr(given.horizons), "write 100,1000")
    unknown = [name for name in given.contacts.split(",") if name not in CONTACTS]
    if unknown:
        raise ConfigError(f"--contacts among {', '.join(CONTACTS)}", repr(unknown[0]), "choose of these")
    folder = RunFolder(Path(given.run))
    stored = run_config.read(folder, experiment_catalogue())
    with run_config.found_in(folder):
        experiment = experiment_of(build(experiment_catalogue(), stored))
    design = select(folder, given.design)[0]
    weights = learned_weights(experiment, folder, [design])[0]
    spec = replace(experiment.trial, execution=replace(experiment.trial.execution, device="cpu"))
    body = develop(spec.lattice.build(), Genomes.stack([design.genome]), spec.tissue)
    rows: list[MethodRow] = []
    for name in given.contacts.split(","):
        contact = spec.physics.contact if spec.physics.contact.name == name else CONTACTS[name]()
        own = replace(spec, physics=replace(spec.physics, contact=contact))
        rows += compare_methods(own, body, np.asarray(weights), [int(word) for word in given.horizons.split(",")])
    masses, dimension = body.positions.shape
    machine = f"{platform.processor() or platform.machine()}, vectors of {vector_bytes()} bytes"
    versions = f"codesign {codesign.__version__}, Warp {wp.config.version}, Python {platform.python_version()}"
    sizes = f"{design.id} in {dimension}D: {masses} masses, {len(body.springs)} springs, {len(weights)} weights"
    sys.stdout.write(f"{sizes}; {machine}; {versions}\n\n")
    sys.stdout.write("\n".join(methods_table(rows)) + "\n")


if __name__ == "__main__":
    sys.exit(main())
