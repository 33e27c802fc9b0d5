"""Writes lines."""

VERSION = "1.1.3"


def write(path, lines):
    with open(path, "w") as file:
        file.writelines(f"{line}\n" for line in lines)
