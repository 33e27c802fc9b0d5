"""Splits a line into words."""

import re


def words(line):
    return re.findall(r"\w+", line.lower())
