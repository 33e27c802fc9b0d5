# The body of the task `chart`: it sees `inputs` and `params`, and may return.
WIDTH, HEIGHT, LEFT, BOTTOM = 640, 320, 40, 30
COLOURS = ["#0f766e", "#b45309", "#6d28d9", "#334155"]

rows = inputs["monthly"]
stations = sorted({row["station"] for row in rows})
lows = [row["low"] for row in rows]
highs = [row["high"] for row in rows]
lowest, highest = min(lows), max(highs)


def place(month, degrees):
    x = LEFT + (month - 1) * (WIDTH - LEFT - 20) / 11
    y = HEIGHT - BOTTOM - (degrees - lowest) * (HEIGHT - 2 * BOTTOM) / (highest - lowest)
    return f"{x:.1f},{y:.1f}"


parts = [
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="11">',
    f'<text x="{LEFT}" y="16">Monthly mean of the daily highest and lowest, {params["year"]}, in °C</text>',
]
for number, station in enumerate(stations):
    colour = COLOURS[number % len(COLOURS)]
    months = [row for row in rows if row["station"] == station]
    for value, width in (("high", 2), ("low", 1)):
        points = " ".join(place(int(row["month"][5:]), row[value]) for row in months)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
    parts.append(f'<text x="{WIDTH - 90}" y="{30 + 14 * number}" fill="{colour}">{station}</text>')
for degrees in range(int(lowest), int(highest) + 1, 10):
    y = place(1, degrees).split(",")[1]
    parts.append(f'<text x="4" y="{y}">{degrees}°</text>')
parts.append("</svg>")

with open("out/weather.svg", "w") as file:
    file.write("\n".join(parts) + "\n")
print(f"drew {len(rows)} months of {len(stations)} stations")
return "out/weather.svg"
