"""Tells when cron expressions run, by looking at every minute (or second) of a stretch of time.

It reads lines from standard input, tab-separated:
    W  STEP  ZONE  START  END    a window of Unix seconds, looked at every STEP (1 or 60) seconds
    E  EXPRESSION                an expression to look for in the window before it
and writes, for each window, its zone's offsets as `Z  SECOND:OFFSET …` (one for each change), and for each
expression `E  COUNT  HASH`; with `--list`, `E  TIME TIME …`.

It shares no code, and no way of thinking, with what it judges: a clock is watched as it goes, and what it has
shown is remembered minute by minute.
"""

import sys
from datetime import date, datetime, timezone
from zoneinfo import ZoneInfo

NAMES = {
    3: dict(zip("jan feb mar apr may jun jul aug sep oct nov dec".split(), range(1, 13))),
    4: dict(zip("sun mon tue wed thu fri sat".split(), range(7))),
}
RANGES = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
MACROS = {
    "@yearly": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@hourly": "0 * * * *",
}
DAYS_BEFORE = 3
EPOCH = date(1970, 1, 1).toordinal()


def number(word, field):
    return NAMES.get(field, {}).get(word.lower()) if not word.isdigit() else int(word)


def allowed(text, field):
    """The set of values that a field allows, found by asking for each value whether an item has it."""
    low, high = RANGES[field]
    values = set()
    for item in text.split(","):
        span, _, step = item.partition("/")
        if span == "*":
            first, last = low, high
        elif "-" in span:
            first, last = (number(word, field) for word in span.split("-"))
            if field == 4 and span.lower().endswith("-sun"):
                last = 7
        else:
            first = number(span, field)
            last = high if step else first
        values |= {v for v in range(low, high + 1) if first <= v <= last and (v - first) % int(step or 1) == 0}
    return {v % 7 for v in values} if field == 4 else values


class Expression:
    def __init__(self, text):
        fields = MACROS.get(text, text).split()
        self.seconds = {0}
        if len(fields) == 6:
            self.seconds = allowed(fields.pop(0), 0)
        self.minutes, self.hours, self.days, self.months, self.weekdays = (
            allowed(field, index) for index, field in enumerate(fields)
        )
        self.either = not fields[2].startswith("*") and not fields[4].startswith("*")
        self.follows = fields[0].startswith("*") or fields[1].startswith("*")

    def has_day(self, day):
        by_month, by_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return day.month in self.months and ((by_month or by_week) if self.either else (by_month and by_week))


class Window:
    def __init__(self, step, zone, start, end):
        self.step, self.zone, self.start, self.end = int(step), ZoneInfo(zone), int(start), int(end)
        self.expressions = []

    def offset(self, instant):
        return int(datetime.fromtimestamp(instant, timezone.utc).astimezone(self.zone).utcoffset().total_seconds())

    def instants(self):
        """Each instant with its offset; an hour that begins and ends with one offset is taken to have no other."""
        hour = self.start - DAYS_BEFORE * 86400
        while hour < self.end:
            first, last = self.offset(hour), self.offset(hour + 3600 - self.step)
            for instant in range(hour, hour + 3600, self.step):
                yield instant, first if first == last else self.offset(instant)
            hour += 3600

    def run(self):
        step, steps_a_day = self.step, 86400 // self.step
        at_time = [0] * steps_a_day
        follows = 0
        for index, expression in enumerate(self.expressions):
            bit = 1 << index
            follows |= bit if expression.follows else 0
            for hour in expression.hours:
                for minute in expression.minutes:
                    for second in expression.seconds:
                        if step == 1 or second == 0:
                            at_time[(hour * 3600 + minute * 60 + second) // step] |= bit
        on_day = {}

        def wanted(shown):
            day = shown // steps_a_day
            if day not in on_day:
                real = date.fromordinal(EPOCH + day)
                on_day[day] = sum(1 << i for i, e in enumerate(self.expressions) if e.has_day(real))
            return on_day[day] & at_time[shown % steps_a_day]

        found = [[] for _ in self.expressions]
        offsets = []
        ever_shown = set()
        previous = previous_offset = None
        for instant, offset in self.instants():
            shown = (instant + offset) // step
            if offset != previous_offset:
                if instant >= self.start:
                    offsets.append(f"{instant}:{offset}")
                previous_offset = offset
            runs = wanted(shown)
            if shown in ever_shown:
                runs &= follows
            elif previous is not None and shown > previous + 1:
                for jumped_over in range(previous + 1, shown):
                    if jumped_over not in ever_shown:
                        ever_shown.add(jumped_over)
                        runs |= wanted(jumped_over) & ~follows
            ever_shown.add(shown)
            previous = shown
            if instant < self.start or instant >= self.end:
                continue
            while runs:
                lowest = runs & -runs
                found[lowest.bit_length() - 1].append(instant)
                runs ^= lowest
        return offsets, found


def hash_of(times):
    value = 0
    for time in times:
        value = (value * 1_000_003 + time) % (1 << 64)
    return value


def main():
    windows = []
    for line in sys.stdin:
        kind, *rest = line.rstrip("\n").split("\t")
        if kind == "W":
            windows.append(Window(*rest))
        else:
            windows[-1].expressions.append(Expression(rest[0]))
    for window in windows:
        offsets, found = window.run()
        print("Z", " ".join(offsets), sep="\t")
        for times in found:
            if "--list" in sys.argv:
                print("E", " ".join(map(str, times)), sep="\t")
            else:
                print("E", len(times), hash_of(times), sep="\t")


main()
