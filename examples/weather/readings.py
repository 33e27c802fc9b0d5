"""Reads a station's daily records."""

import csv


def read(path, station, year):
    """The rows of one year, each with the station's name, numbers as numbers."""
    with open(path, newline="") as file:
        rows = [
            {
                "station": station,
                "date": row["date"],
                "precipitation": float(row["precipitation"]),
                "high": float(row["temp_max"]),
                "low": float(row["temp_min"]),
            }
            for row in csv.DictReader(file)
            if row["date"].startswith(f"{year}-")
        ]
    print(f"{station}: {len(rows)} days of {year}")
    return rows
