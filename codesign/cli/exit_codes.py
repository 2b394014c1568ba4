"""Exit statuses of the program, apart from 0."""

MISTAKE = 2
"""The user can mend what went wrong."""

INTERRUPTED = 130
"""Ctrl-C, as shells count it."""

UNREAD = 141
"""Nobody reads on what is printed (as `head` does), as shells count it."""
