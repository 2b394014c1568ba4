"""Signals that ask a process to end, heeded wherever it is."""

import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import codesign
from codesign.signals import ENDING, Stopped, ending_signals_raise, exit_status, heeded

ROOT = str(Path(codesign.__file__).parents[1])
BUSY = """
import hashlib, sys
from codesign.signals import ending_signals_raise
with ending_signals_raise():
    print("begun", flush=True)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 2_000_000_000)  # compiled code, for minutes
"""
PARENT = """
import signal, subprocess, sys
from codesign.signals import kept_from_children
with kept_from_children():
    child = subprocess.Popen(["sleep", "60"])
print(child.pid, flush=True)
child.wait()
"""


@pytest.fixture
def in_main_thread():
    before = {number: signal.getsignal(number) for number in ENDING}
    yield
    assert {number: signal.getsignal(number) for number in ENDING} == before


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_raises_and_says_which(in_main_thread, number):
    with pytest.raises(Stopped) as caught, ending_signals_raise():
        signal.raise_signal(number)
    assert caught.value.number == number
    assert exit_status(number) == 128 + number


def test_who_is_told_to_ignore_a_signal_does():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert signal.SIGHUP not in heeded()
        with ending_signals_raise():
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    assert heeded() == ENDING


def test_shells_let_commands_in_the_background_ignore_control_c_which_is_heeded_all_the_same():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert signal.SIGINT in heeded()
    finally:
        signal.signal(signal.SIGINT, before)


def test_it_crosses_process_boundaries():
    assert pickle.loads(pickle.dumps(Stopped(signal.SIGTERM))).number == signal.SIGTERM


def test_two_signals_end_a_process_that_is_in_compiled_code():
    process = subprocess.Popen(
        [sys.executable, "-c", BUSY],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": ROOT},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    time.sleep(0.5)  # until it is in there
    process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    assert process.poll() is None
    process.send_signal(signal.SIGUSR1)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (138, "codesign: ended at once by SIGUSR1\n")


def test_what_groups_are_sent_does_not_end_children():
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": ROOT}
    )
    assert process.stdout is not None
    child = int(process.stdout.readline())
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        os.kill(child, number)
    time.sleep(0.2)
    assert process.poll() is None, "the child died of a signal to its group"
    os.kill(child, signal.SIGTERM)
    assert process.wait(timeout=10) == 0
