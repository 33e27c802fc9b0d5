//! The cron expressions that the judges are asked about: hand-picked ones and generated ones.

/// Expressions that run rarely enough to be watched over whole years; others for each `seed`.
pub(crate) fn over_years(seed: u64) -> Vec<String> {
    let mut all: Vec<String> = HAND_PICKED.iter().map(|text| (*text).to_owned()).collect();
    let mut chance = Chance(seed);
    all.extend((0..60).map(|_| chance.expression()));
    all
}

/// Expressions with a field for the second.
pub(crate) fn with_seconds() -> Vec<String> {
    [
        "* * * * * *",
        "*/7 * * * * *",
        "0 * * * * *",
        "30 30 2 * * *",
        "*/20 30 2 * * *",
        "15,45 0,59 1-3 * * *",
        "59 59 23 * * *",
        "0 0 0 * * *",
        "1 0 0 * * *",
        "10/25 */10 1,2,3 * * *",
        "59 * 2 * * sun",
        "0-5 0 */3 29,30 * *",
    ]
    .map(str::to_owned)
    .to_vec()
}

const HAND_PICKED: &[&str] = &[
    "0 0 * * *",
    "30 2 * * *",
    "0 2 * * *",
    "0 3 * * *",
    "0 1 * * *",
    "30 1 * * *",
    "59 23 * * *",
    "30 23 * * *",
    "0,30 1-3 * * *",
    "15,45 0-3 * * *",
    "0 2,3 * * *",
    "59 1,2,3 * * *",
    "1 0 * * *",
    "0 0,23 * * *",
    "5 0-1 * * *",
    "0 * * * *",
    "30 * * * *",
    "*/30 2 * * *",
    "*/15 1-3 * * sun",
    "*/20 0 * * *",
    "* 2 * 3,10 sun",
    "17 */6 * * *",
    "0 */2 * * *",
    "45 */1 * * 6,7",
    "10 9-17/4 * * mon-fri",
    "5 7 * * mon-fri",
    "0 0 * * 7",
    "0 0 * * 0",
    "0 12 * * fri-sun",
    "0 0 13 * fri",
    "0 0 1,15 * mon",
    "0 0 */2 * fri",
    "0 0 13 * */5",
    "0 0 1-7 * */7",
    "0 0 31 * *",
    "0 0 29 2 *",
    "0 0 30 12 *",
    "0 9 30 12 *",
    "30 9 30,31 dec *",
    "0 0 21 aug *",
    "0 12 29-31 12 *",
    "0 0 * * fri",
    "0 0 1 jan *",
    "@yearly",
    "@monthly",
    "@weekly",
    "@daily",
    "@hourly",
    "0/25 4 * * *",
    "7/100 4 * * *",
    "*/90 4 * * *",
    "0 5/9 * * *",
    "3-50/13 3-20/7 * * 1-5/2",
    "0 0 1/5 * *",
    "0 6 * */5 *",
    "30 0 * 3-4 sat,sun",
];

/// A source of expressions that is the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn between(&mut self, first: u64, last: u64) -> u64 {
        first + self.below(last - first + 1)
    }

    fn expression(&mut self) -> String {
        let minute = match self.below(5) {
            0 => format!("*/{}", self.between(20, 70)),
            1 => format!("{}/{}", self.below(60), self.between(15, 40)),
            _ => self.list(0, 59, 2),
        };
        let hour = match self.below(6) {
            0 => format!("*/{}", self.between(5, 30)),
            1 => self.list(0, 3, 3),
            2 => format!("{}/{}", self.below(24), self.between(4, 9)),
            _ => self.list(0, 23, 3),
        };
        let day = match self.below(4) {
            0 => self.list(1, 31, 4),
            1 => format!("*/{}", self.between(2, 9)),
            _ => "*".to_owned(),
        };
        let month = match self.below(4) {
            0 => format!("{},3,10,12", self.between(1, 12)),
            _ => "*".to_owned(),
        };
        let weekday = match self.below(4) {
            0 => self.list(0, 7, 3),
            1 => format!("*/{}", self.between(2, 6)),
            _ => "*".to_owned(),
        };
        format!("{minute} {hour} {day} {month} {weekday}")
    }

    /// Up to `most` items: values, ranges, ranges with a step.
    fn list(&mut self, first: u64, last: u64, most: u64) -> String {
        let items: Vec<String> = (0..self.between(1, most))
            .map(|_| {
                let from = self.between(first, last);
                match self.below(4) {
                    0 => format!(
                        "{from}-{}/{}",
                        self.between(from, last),
                        self.between(2, 20)
                    ),
                    1 => format!("{from}-{}", (from + self.below(3)).min(last)),
                    _ => from.to_string(),
                }
            })
            .collect();
        items.join(",")
    }
}
