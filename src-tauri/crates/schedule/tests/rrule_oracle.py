"""Tells the times of recurrence rules on a clock that never jumps, by asking every day of every period.

It reads lines `START  UNTIL  RULE` (tab-separated, local times in ISO form) from standard input and writes for
each the times of the rule from START up to and excluding UNTIL, as ISO texts. It shares no code with what it
judges. Of the standard it knows what the judged crate promises, and no mistakes: its rules are all right.
"""

import sys
from datetime import datetime, timedelta
from functools import cache

WEEKDAYS = "MO TU WE TH FR SA SU".split()
UNITS = {"HOURLY": 3600, "MINUTELY": 60, "SECONDLY": 1}
EPOCH = datetime(1970, 1, 1)
DAY = timedelta(days=1)


class Rule:
    def __init__(self, start, text):
        self.start = start
        parts = dict(part.split("=") for part in text.split(";"))
        numbers = lambda name: sorted({int(n) for n in parts[name].split(",")}) if name in parts else None
        self.frequency = parts["FREQ"]
        self.interval = int(parts.get("INTERVAL", 1))
        self.count = int(parts["COUNT"]) if "COUNT" in parts else None
        self.week_start = WEEKDAYS.index(parts.get("WKST", "MO"))
        self.months, self.week_numbers = numbers("BYMONTH"), numbers("BYWEEKNO")
        self.year_days, self.month_days = numbers("BYYEARDAY"), numbers("BYMONTHDAY")
        self.positions = numbers("BYSETPOS")
        self.weekdays = None
        if "BYDAY" in parts:
            self.weekdays = [(int(d[:-2] or 0), WEEKDAYS.index(d[-2:])) for d in parts["BYDAY"].split(",")]
        fine = list(UNITS).index(self.frequency) if self.frequency in UNITS else -1
        self.hours = numbers("BYHOUR") or (list(range(24)) if fine >= 0 else [start.hour])
        self.minutes = numbers("BYMINUTE") or (list(range(60)) if fine >= 1 else [start.minute])
        self.seconds = numbers("BYSECOND") or (list(range(60)) if fine >= 2 else [start.second])
        self.numbered_in_year = self.frequency == "YEARLY" and self.months is None
        if self.year_days is None and self.month_days is None and self.weekdays is None:
            self.open_days()

    def open_days(self):
        if self.frequency == "YEARLY" and self.week_numbers is not None or self.frequency == "WEEKLY":
            self.weekdays = [(0, self.start.weekday())]
        elif self.frequency in ("YEARLY", "MONTHLY"):
            self.month_days = [self.start.day]
            if self.frequency == "YEARLY" and self.months is None:
                self.months = [self.start.month]

    def period(self, time):
        """The number of the period that holds a time, counted from anywhere."""
        if self.frequency == "YEARLY":
            return time.year
        if self.frequency == "MONTHLY":
            return time.year * 12 + time.month
        if self.frequency == "WEEKLY":
            return (time - EPOCH).days + 3 - self.week_start + 7000 * 7
        if self.frequency == "DAILY":
            return (time - EPOCH).days
        return int((time - EPOCH).total_seconds()) // UNITS[self.frequency]

    def in_interval(self, time):
        one, other = self.period(time), self.period(self.start)
        if self.frequency == "WEEKLY":
            one, other = one // 7, other // 7
        return (one - other) % self.interval == 0

    def has_day(self, day):
        if self.months is not None and day.month not in self.months:
            return False
        year, month = days_of(day.year), days_of(day.year, day.month)
        if self.month_days is not None and day not in picked(month, self.month_days):
            return False
        if self.year_days is not None and day not in picked(year, self.year_days):
            return False
        if self.weekdays is not None and not any(self.has_weekday(day, year, month, *w) for w in self.weekdays):
            return False
        return self.week_numbers is None or self.has_week(day)

    def has_weekday(self, day, year, month, number, weekday):
        if day.weekday() != weekday:
            return False
        around = year if self.numbered_in_year else month
        return number == 0 or day in picked([d for d in around if d.weekday() == weekday], [number])

    def has_week(self, day):
        """Week 1 holds 4 January; a year's weeks end where the next year's begin."""
        for year in (day.year - 1, day.year, day.year + 1):
            first, end = self.week_of(datetime(year, 1, 4)), self.week_of(datetime(year + 1, 1, 4))
            if first <= day < end:
                weeks = [first + DAY * 7 * n for n in range((end - first).days // 7)]
                return self.week_of(day) in picked(weeks, self.week_numbers)

    def week_of(self, day):
        while day.weekday() != self.week_start:
            day -= DAY
        return day

    def candidates(self, until):
        """The times of each period, period by period, among the days from before the start on."""
        day = datetime(self.start.year, 1, 1) - DAY * 7
        period, times = None, []
        while day < until + DAY * 400 and (day < until or self.frequency in ("YEARLY", "MONTHLY", "WEEKLY")):
            if self.has_day(day):
                for hour in self.hours:
                    for minute in self.minutes:
                        for second in self.seconds:
                            time = day + timedelta(hours=hour, minutes=minute, seconds=second)
                            if not self.in_interval(time):
                                continue
                            number = self.period(time) // (7 if self.frequency == "WEEKLY" else 1)
                            if number != period:
                                yield times
                                period, times = number, []
                            times.append(time)
            day += DAY
        yield times

    def times(self, until):
        found = []
        for times in self.candidates(until):
            if self.count is not None and len(found) >= self.count:
                break
            chosen = times if self.positions is None else sorted(set(picked(times, self.positions)))
            found += [time for time in chosen if time >= self.start]
        return [time for time in found[: self.count] if time < until]


@cache
def days_of(year, month=None):
    days = [datetime(year, 1, 1) + DAY * n for n in range(366)]
    return [d for d in days if d.year == year and month in (None, d.month)]


def picked(values, numbers):
    """The values at places counted from 1, or from the end with -1."""
    places = [n - 1 if n > 0 else len(values) + n for n in numbers]
    return [values[place] for place in places if 0 <= place < len(values)]


for line in sys.stdin:
    start, until, text = line.rstrip("\n").split("\t")
    rule = Rule(datetime.fromisoformat(start), text)
    print(" ".join(time.isoformat() for time in rule.times(datetime.fromisoformat(until))))
