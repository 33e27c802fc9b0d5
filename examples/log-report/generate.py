"""Writes the synthetic access logs that lie in `logs/`: always the same ones."""

import pathlib
import random

PAGES = ["/", "/docs", "/docs/install", "/pricing", "/api/runs", "/api/flows", "/favicon.ico"]
WEIGHTS = [30, 20, 12, 8, 40, 25, 5]

chance = random.Random(20260301)
folder = pathlib.Path(__file__).parent / "logs"
folder.mkdir(exist_ok=True)
for day in range(1, 6):
    lines = []
    for number in range(300):
        second = number * 288 + chance.randrange(288)
        clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        page = chance.choices(PAGES, WEIGHTS)[0]
        failing = page.startswith("/api") and 10 <= second // 3600 < 12 and day == 4
        status = chance.choices([200, 304, 404, 500], [80, 10, 6, 60 if failing else 1])[0]
        length = 0 if status == 304 else chance.randrange(200, 20_000)
        address = f"192.0.2.{chance.randrange(1, 60)}"
        lines.append(
            f'{address} - - [{day:02}/Mar/2026:{clock} +0000] "GET {page} HTTP/1.1" {status} {length}'
        )
    if day == 3:
        lines[150] = lines[150][:41]  # a line that was cut when the disk was full
    (folder / f"2026-03-{day:02}.log").write_text("\n".join(lines) + "\n")
