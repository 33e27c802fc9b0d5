// Times, durations and counts in words. All in the person's own zone; days are calendar days there.

const DAY = 86_400_000;

/** `8 ms`, `7.3 s`, `4:12`, `1:03:20`, `2 d 4 h`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1000);
  const hours = Math.floor(seconds / 3600);
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest.replace(/^0/, "");
}

/** `just now`, `32 min ago`, `5 h ago`, `3 days ago`. */
export function ago(ms: number): string {
  if (ms < 60_000) return "just now";
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ago`;
  if (ms < DAY) return `${Math.floor(ms / 3_600_000)} h ago`;
  return `${count(Math.floor(ms / DAY), "day")} ago`;
}

/** `1 run`, `12 runs`, `9 846 runs`. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${number(n)} ${n === 1 ? noun : plural}`;
}

/** Thousands set apart by a narrow space. */
export function number(n: number): string {
  return String(Math.trunc(n)).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
}

/** `08:20` today, `Wed 21:15` within six days, `24 Mar 08:20` this year, else with the year. */
export function when(at: Date, now: Date): string {
  const time = clock(at);
  const days = Math.abs(dayNumber(at) - dayNumber(now));
  if (days === 0) return time;
  if (days < 7) return `${weekday(at)} ${time}`;
  return `${dayMonth(at)}${at.getFullYear() === now.getFullYear() ? "" : ` ${at.getFullYear()}`} ${time}`;
}

/** `08:20` */
export function clock(at: Date): string {
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** `08:20:41` */
export function clockSeconds(at: Date): string {
  return `${clock(at)}:${two(at.getSeconds())}`;
}

/** `08:20:41.318` */
export function clockMillis(at: Date): string {
  return `${clockSeconds(at)}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

/** `Thu 26 Mar` */
export function day(at: Date): string {
  return `${weekday(at)} ${dayMonth(at)}`;
}

/** `Thu 26 Mar 2026` */
export function dayYear(at: Date): string {
  return `${day(at)} ${at.getFullYear()}`;
}

/** The same for all times of one local day, and one more the day after. */
export function dayNumber(at: Date): number {
  return Math.round(Date.UTC(at.getFullYear(), at.getMonth(), at.getDate()) / DAY);
}

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function weekday(at: Date): string {
  return WEEKDAYS[at.getDay()] ?? "";
}

/** `26 Mar` */
export function dayMonth(at: Date): string {
  return `${at.getDate()} ${MONTHS[at.getMonth()] ?? ""}`;
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}

/** A value in one line, as it would stand in JSON; texts bare. */
export function brief(value: unknown): string {
  if (typeof value === "string") return value;
  return JSON.stringify(value) ?? "";
}

/** `12 B`, `4.6 kB`, `1.4 GB` */
export function bytes(n: number): string {
  if (n < 1000) return `${n} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = n;
  let unit = "B";
  for (const next of units) {
    if (value < 1000) break;
    value /= 1000;
    unit = next;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
