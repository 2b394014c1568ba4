"""The live page in a browser: it keeps itself current, and the reader keeps the place."""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from codesign.cli.watch import live_server
from codesign.cli.watch.observation import Observer
from codesign.cli.watch.pages import Pages
from codesign.cli.watch.server import RunServer, listening
from codesign.export import render_page
from codesign.run import RunFolder, evolve, resume
from tests.export.browsing import browser, needs_chromium, wait_until  # noqa: F401 - a fixture
from tests.export.strips import gallery, strip
from tests.run.fakes import CONFIG, GENERATIONS, experiment
