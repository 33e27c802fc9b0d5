"""Finds the lines that hold a word."""

from .words import words

VERSION = "0.9.0"


def index(lines):
    found = {}
    for number, line in enumerate(lines, 1):
        for word in words(line):
            found.setdefault(word, []).append(number)
    return found
