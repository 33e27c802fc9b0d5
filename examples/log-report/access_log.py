"""Counts requests, errors and pages of access logs in the common log format."""

import collections
import re

LINE = re.compile(
    r'(?P<address>\S+) \S+ \S+ \[(?P<time>[^\]]+)\] "(?P<method>\S+) (?P<page>\S+) [^"]*" '
    r"(?P<status>\d{3}) (?P<length>\d+|-)$"
)


def count(days, strict):
    """Counts over `days`; a broken line is an error if `strict`, else it is left out."""
    pages = collections.Counter()
    broken = 0
    table = []
    for day in days:
        requests = errors = 0
        with open(f"logs/{day}.log") as file:
            for number, text in enumerate(file, 1):
                line = LINE.match(text.rstrip("\n"))
                if line is None:
                    if strict:
                        raise ValueError(f"logs/{day}.log:{number}: not a whole line: {text!r}")
                    print(f"logs/{day}.log:{number}: left out")
                    broken += 1
                    continue
                requests += 1
                errors += line["status"] >= "500"
                pages[line["page"]] += 1
        table.append({"day": day, "requests": requests, "errors": errors})
    return {
        "requests": sum(row["requests"] for row in table),
        "broken": broken,
        "top": [page for page, _ in pages.most_common(3)],
        "days": table,
    }
