"""Draws the app's icons beside this file: a mill's wheel over water, in the studio's accent.

    python3 src-tauri/icons/draw.py

Needs nothing but Python. Every point of a picture is the mean of a grid of points,
each inside or outside of shapes that are plain arithmetic.
"""

import math
import struct
import zlib
from pathlib import Path

ACCENT = (4, 112, 124)
WHITE = (255, 255, 255)
GRID = 4  # points per pixel, each way

# In the mark's own units, 22 wide: a wheel with eight spokes, and a wave below.
CENTRE = (11.0, 9.0)
RADIUS = 6.2
SPOKE = 8.0
WATER = 19.15
SWELL = 0.65


def distance_to_segment(x, y, ax, ay, bx, by):
    length = (bx - ax) ** 2 + (by - ay) ** 2
    along = max(0.0, min(1.0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length))
    return math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay))


def in_mark(x, y, stroke):
    half = stroke / 2
    cx, cy = CENTRE
    if abs(math.hypot(x - cx, y - cy) - RADIUS) <= half:
        return True
    for turn in range(4):
        angle = turn * math.pi / 4
        dx, dy = SPOKE * math.cos(angle), SPOKE * math.sin(angle)
        if distance_to_segment(x, y, cx - dx, cy - dy, cx + dx, cy + dy) <= half:
            return True
    if 1.5 <= x <= 20.5:
        # The distance to the wave is near enough its height, put right by its slope.
        phase = (x - 1.5) * 2 * math.pi / 6.33
        height = WATER - SWELL * math.cos(phase)
        slope = SWELL * math.sin(phase) * 2 * math.pi / 6.33
        if abs(y - height) / math.hypot(1, slope) <= half:
            return True
    return False


def in_tile(x, y, size, radius):
    dx = max(radius - x, x - (size - radius), 0)
    dy = max(radius - y, y - (size - radius), 0)
    return math.hypot(dx, dy) <= radius


def points(size):
    for row in range(size):
        for column in range(size):
            for i in range(GRID):
                for j in range(GRID):
                    yield row, column, column + (j + 0.5) / GRID, row + (i + 0.5) / GRID


def mean(size, colour_at):
    """Pixels as bytes, RGBA, not premultiplied."""
    sums = [[0, 0, 0, 0] for _ in range(size * size)]
    for row, column, x, y in points(size):
        colour = colour_at(x, y)
        if colour:
            cell = sums[row * size + column]
            for channel in range(3):
                cell[channel] += colour[channel]
            cell[3] += 1
    pixels = bytearray()
    for red, green, blue, covered in sums:
        for channel in (red, green, blue):
            pixels.append(round(channel / covered) if covered else 0)
        pixels.append(round(255 * covered / (GRID * GRID)))
    return bytes(pixels)


def app_icon(size):
    margin = size * 0.04 if size >= 64 else 0
    side = size - 2 * margin
    scale = side * 0.78 / 22
    offset = margin + (side - 22 * scale) / 2
    # Small pictures need a heavier line to be seen at all.
    stroke = max(1.4, 1.3 / scale)

    def colour_at(x, y):
        if not in_tile(x - margin, y - margin, side, side * 0.22):
            return None
        mx, my = (x - offset) / scale, (y - offset) / scale
        return WHITE if in_mark(mx, my, stroke) else ACCENT

    return mean(size, colour_at)


def tray_icon(size, badge):
    """The mark alone, in a grey that shows on light and dark panels; a dot of `badge`'s colour."""
    scale = size / 22

    def colour_at(x, y):
        mx, my = x / scale, y / scale
        if badge:
            from_dot = math.hypot(mx - 17.5, my - 4.5)
            if from_dot <= 4.0:
                return badge
            if from_dot <= 5.4:
                return None
        return (140, 150, 153) if in_mark(mx, my, 1.7) else None

    return mean(size, colour_at)


def png(size, pixels):
    def chunk(kind, data):
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    rows = b"".join(b"\0" + pixels[row * size * 4 : (row + 1) * size * 4] for row in range(size))
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
    )


def ico(pictures):
    """Windows' container: a table of PNG files."""
    offset = 6 + 16 * len(pictures)
    table, data = struct.pack("<HHH", 0, 1, len(pictures)), b""
    for size, picture in pictures:
        table += struct.pack(
            "<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(picture), offset + len(data)
        )
        data += picture
    return table + data


def icns(pictures):
    """macOS' container: PNG files, each under the name of its size."""
    names = {32: b"ic11", 128: b"ic07", 256: b"ic08", 512: b"ic09"}
    data = b"".join(
        names[size] + struct.pack(">I", 8 + len(picture)) + picture for size, picture in pictures
    )
    return b"icns" + struct.pack(">I", 8 + len(data)) + data


def main():
    folder = Path(__file__).parent
    made = {size: png(size, app_icon(size)) for size in (16, 32, 48, 128, 256, 512)}
    (folder / "32x32.png").write_bytes(made[32])
    (folder / "128x128.png").write_bytes(made[128])
    (folder / "128x128@2x.png").write_bytes(made[256])
    (folder / "icon.png").write_bytes(made[512])
    (folder / "icon.ico").write_bytes(ico([(size, made[size]) for size in (16, 32, 48, 256)]))
    (folder / "icon.icns").write_bytes(icns([(size, made[size]) for size in (32, 128, 256, 512)]))
    for name, badge in (
        ("well", None),
        ("running", (36, 118, 216)),
        ("broken", (210, 57, 55)),
    ):
        (folder / f"tray-{name}.png").write_bytes(png(44, tray_icon(44, badge)))


main()
