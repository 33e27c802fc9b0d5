//! The options of tasks, and those of them that `defaults` may give.

use std::time::Duration;

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::{
    Backoff, Cache, EdgeOn, Env, ForEach, Join, Name, Repeat, Retries, Setting, Template,
    diagnostic::Place,
    yaml::{Content, Node},
};

use super::{
    definitions::Definitions,
    sees::{Failure, Secret, Turn, Unmapped},
    shape::{
        AnyValue, Boolean, Condition, Count, DurationText, Fraction, KeyText, ListOf, MapOf,
        NameText, Or, OrNull, Over, Placed, Positive, ScalarText, SettingOf, Shape, TemplateList,
        TemplateText, Text, Word, Words, converted, noun,
    },
    walk::Walk,
};

noun! {
    /// The options of a task.
    OptionKeys "options" "a task" [] {
        /// Upstream tasks: a list, each of which must have succeeded, or a map that says on what outcome each edge opens (`succeeded`, `failed` or `finished`).
        "needs" needs: Needs,
        /// Of the edges named in `needs`: `all` must open, or `any` one.
        "join" join: Word<Join>,
        /// An expression that gives true or false; if false the task is Skipped.
        "when" when: Condition,
        /// A list, an expression for one, or `{ in, as }`: one task run per item.
        "for_each" for_each: Over<Unmapped, Or<ForEachList, ForEachKeys>>,
        /// Name to list: one task run per combination; the last name varies fastest.
        "matrix" matrix: Over<Unmapped, MapOf<Name, TemplateList>>,
        /// How many items run at once.
        "concurrency" concurrency: Positive,
        /// After a failed item, items that have not started are Skipped.
        "fail_fast" fail_fast: Boolean,
        /// Run again until, or while, a condition holds.
        "repeat" repeat: RepeatKeys,
        /// How many attempts follow a failed one, and when.
        "retries" retries: Or<RetryCount, RetryKeys>,
        /// Each attempt's time (a group: its whole time).
        "timeout" timeout: DurationText,
        /// Whether an earlier result may stand for this one.
        "cache" cache: Or<CacheSwitch, CacheKeys>,
        /// The task's own failure is recorded, but neither fails the run nor closes `succeeded` edges.
        "allow_failure" allow_failure: Boolean,
        /// Names of home-wide concurrency limits that each attempt takes a slot of.
        "limits" limits: ListOf<Placed<NameText>>,
        /// Environment variables; null unsets.
        "env" env: EnvMap,
        /// The working directory; by default the flow file's folder.
        "cwd" cwd: TemplateText,
        /// Words to find the task by.
        "tags" tags: ListOf<Text>,
        /// For people: Markdown.
        "description" description: Text,
        /// A work pool's name; by default `local`.
        "runs_on" runs_on: Placed<NameText>,
    }
}

noun! {
    /// Options that every task gets unless it says otherwise; `retries`, `timeout` and `cache` reach only shell, python, http and sql.
    DefaultKeys "defaults" "`defaults`" [] {
        /// How many attempts follow a failed one, and when.
        "retries" retries: Or<RetryCount, RetryKeys>,
        /// Each attempt's time.
        "timeout" timeout: DurationText,
        /// Whether earlier results may stand for new ones.
        "cache" cache: Or<CacheSwitch, CacheKeys>,
        /// Environment variables; null unsets.
        "env" env: EnvMap,
        /// The working directory; by default the flow file's folder.
        "cwd" cwd: TemplateText,
        /// Words to find the tasks by.
        "tags" tags: ListOf<Text>,
        /// A work pool's name; by default `local`.
        "runs_on" runs_on: Placed<NameText>,
    }
}

/// Environment variables.
type Variables = MapOf<EnvName, Over<Secret, OrNull<ScalarText>>>;

/// The name of an environment variable: any text without `=`.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct EnvName(String);

impl KeyText for EnvName {
    fn parse(text: &str) -> Result<Self, String> {
        match text.is_empty() || text.contains(['=', '\0']) {
            true => Err(format!(
                "`{text}` is no name of an environment variable: it is not empty and has no `=`"
            )),
            false => Ok(Self(text.to_owned())),
        }
    }

    fn schema() -> Value {
        json!({ "pattern": "^[^=]+$" })
    }
}

converted!(
    /// An environment.
    EnvMap = Variables => Env,
    |map: IndexMap<EnvName, Option<Template>>, _: &mut Walk<'_>| {
        Some(map.into_iter().map(|(name, value)| (name.0, value)).collect())
    }
);

/// An edge as it stands in the file.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    /// The other task's name.
    pub(crate) name: Name,
    /// On what outcome the edge opens.
    pub(crate) on: EdgeOn,
    /// Where it is named.
    pub(crate) place: Place,
}

/// `needs`: a list of names, or a map from name to outcome.
pub(crate) struct Needs;

impl Shape for Needs {
    type Output = Vec<Need>;

    fn fits(node: &Node) -> bool {
        node.as_sequence().is_some() || node.as_mapping().is_some()
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<Vec<Need>> {
        match &node.content {
            Content::Sequence(items) => Some(needs_of_list(items, walk)),
            Content::Mapping(entries) => {
                let mut needs = Vec::new();
                for entry in entries {
                    let on = Word::<EdgeOn>::read(&entry.value, walk);
                    match Name::parse(&entry.key) {
                        Ok(name) => needs.push(Need {
                            name,
                            // A wrong outcome is reported: the edge is still one.
                            on: on.unwrap_or(EdgeOn::Succeeded),
                            place: entry.place,
                        }),
                        Err(error) => walk.error(entry.place, error),
                    }
                }
                Some(needs)
            }
            Content::Scalar { text, .. } => {
                let hint = format!("write a list, as `[{text}]`");
                walk.expected(node, &Self::expected(), Some(&hint));
                None
            }
        }
    }

    fn expected() -> String {
        "a list of tasks, or a mapping from task to outcome".to_owned()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({
            "anyOf": [
                { "type": "array", "items": NameText::schema(definitions), "uniqueItems": true },
                MapOf::<Name, Word<EdgeOn>>::schema(definitions),
            ],
        })
    }
}

fn needs_of_list(items: &[Node], walk: &mut Walk<'_>) -> Vec<Need> {
    let mut needs: Vec<Need> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for item in items {
        let Some(name) = NameText::read(item, walk) else {
            continue;
        };
        if seen.insert(name.clone()) {
            needs.push(Need {
                name,
                on: EdgeOn::Succeeded,
                place: item.place,
            });
        } else {
            walk.error_with_hint(
                item.place,
                format!("`{name}` stands here twice"),
                "remove one of them",
            );
        }
    }
    needs
}

impl Words for EdgeOn {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("succeeded", Self::Succeeded),
        ("failed", Self::Failed),
        ("finished", Self::Finished),
    ];
}

impl Words for Join {
    const WORDS: &'static [(&'static str, Self)] = &[("all", Self::All), ("any", Self::Any)];
}

impl Words for Backoff {
    const WORDS: &'static [(&'static str, Self)] =
        &[("fixed", Self::Fixed), ("exponential", Self::Exponential)];
}

noun! {
    /// A list, and what an item of it is called.
    ForEachLong "for-each" "`for_each`" [] {
        /// The list, or an expression for one.
        "in" (required) list: TemplateList,
        /// What an item is called in expressions; by default `item`.
        "as" name: Placed<NameText>,
    }
}

/// Names that expressions know already, so that an item cannot take them.
const TAKEN: [&str; 13] = [
    "params", "tasks", "index", "matrix", "output", "error", "run", "trigger", "vars", "env",
    "secrets", "range", "dict",
];

fn item_name() -> Option<Name> {
    Name::new("item").ok()
}

converted!(
    /// `for_each` in its short form.
    ForEachList = TemplateList => ForEach,
    |list: Template, _: &mut Walk<'_>| Some(ForEach { list, name: item_name()? })
);

converted!(
    /// `for_each` in its long form.
    ForEachKeys = ForEachLong => ForEach,
    |keys: ForEachLong, walk: &mut Walk<'_>| {
        let name = match keys.name {
            Some((name, place)) if TAKEN.contains(&name.as_str()) => {
                let message = format!("an item cannot be called `{name}`: expressions know that name already");
                walk.error(place, message);
                return None;
            }
            Some((name, _)) => name,
            None => item_name()?,
        };
        Some(ForEach { list: keys.list?, name })
    }
);

noun! {
    /// Run again until, or while, a condition over `output` holds; the task's output is the last turn's.
    RepeatLong "repeat" "`repeat`" [super::shape::Rule::ExactlyOne(&["until", "while"])] {
        /// The turns end when this is true.
        "until" until: Over<Turn, Condition>,
        /// The turns go on as long as this is true.
        "while" during: Over<Turn, Condition>,
        /// At most so many turns; reaching it without the condition fails the task. By default without bound.
        "max" max: Positive,
        /// Between two turns; an expression in it sees `output`.
        "delay" delay: Over<Turn, SettingOf<DurationText>>,
    }
}

converted!(
    /// `repeat`.
    RepeatKeys = RepeatLong => Repeat,
    |keys: RepeatLong, _: &mut Walk<'_>| {
        let until = keys.until.is_some();
        Some(Repeat {
            condition: keys.until.or(keys.during)?,
            until,
            max: keys.max,
            delay: keys.delay.unwrap_or(Setting::Fixed(Duration::ZERO)),
        })
    }
);

converted!(
    /// `retries` in its short form.
    RetryCount = Count => Retries,
    |max: u32, _: &mut Walk<'_>| Some(Retries { max, ..Retries::default() })
);

noun! {
    /// How many attempts follow a failed one, when, and after which delay.
    RetryLong "retries" "`retries`" [] {
        /// Attempts after the first.
        "max" (required) max: Count,
        /// The delay before each, or a list of delays, the last of which repeats.
        "delay" delay: Or<OneDelay, ListOf<DurationText, 1>>,
        /// Whether the delay stays (`fixed`) or doubles each time (`exponential`).
        "backoff" backoff: Word<Backoff>,
        /// No delay is longer.
        "max_delay" max_delay: DurationText,
        /// 0 to 1: each delay is multiplied by 1 plus or minus this.
        "jitter" jitter: Fraction,
        /// An expression over `error`: whether this failure is worth a retry.
        "when" when: Over<Failure, Condition>,
    }
}

converted!(
    /// One delay.
    OneDelay = DurationText => Vec<Duration>,
    |delay: Duration, _: &mut Walk<'_>| Some(vec![delay])
);

converted!(
    /// `retries` in its long form.
    RetryKeys = RetryLong => Retries,
    |keys: RetryLong, walk: &mut Walk<'_>| {
        let backoff = keys.backoff.unwrap_or_default();
        let delays = keys.delay.unwrap_or_default();
        if backoff == Backoff::Exponential && delays.len() > 1 {
            walk.error_with_hint(
                keys.written.key("backoff"),
                "a list of delays says itself how they grow",
                "give one delay, or leave `backoff` out",
            );
        }
        Some(Retries {
            max: keys.max?,
            delays,
            backoff,
            max_delay: keys.max_delay,
            jitter: keys.jitter.unwrap_or_default(),
            when: keys.when,
        })
    }
);

converted!(
    /// `cache: true`, or `false` against a default.
    CacheSwitch = Boolean => Option<Cache>,
    |on: bool, _: &mut Walk<'_>| Some(on.then(Cache::default))
);

noun! {
    /// What a result is known by, and how long it stands.
    CacheLong "cache" "`cache`" [] {
        /// What a result is known by; by default all that can change it.
        "key" key: AnyValue,
        /// How long a result stands; by default for ever.
        "expires" expires: SettingOf<DurationText>,
        /// If this gives true, the task runs anyway, and its new result is kept.
        "refresh" refresh: Condition,
    }
}

converted!(
    /// `cache` in its long form.
    CacheKeys = CacheLong => Option<Cache>,
    |keys: CacheLong, _: &mut Walk<'_>| {
        Some(Some(Cache { key: keys.key, expires: keys.expires, refresh: keys.refresh }))
    }
);
