"""Exit statuses of the program, apart from 0 and those of signals (`codesign.signals.exit_status`)."""

MISTAKE = 2
"""The user can mend what went wrong."""

UNREAD = 141
"""Nobody reads on what is printed (as `head` does), as shells count it."""
