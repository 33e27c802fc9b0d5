//! Random flows, as JSON, which is YAML.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tidemill_flow::{CheckContext, Flow, check};

use super::chance::Chance;

/// What a random flow may have in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Nothing whose end hangs on how long things take, and a retry for every crash.
    Calm,
    /// Anything.
    Wild,
}

/// A random flow.
pub(crate) fn random_flow(chance: &mut Chance, profile: Profile) -> Arc<Flow> {
    let mut maker = Maker { chance, profile };
    let mut flow = json!({ "name": "simulated", "tasks": maker.level(0) });
    if profile == Profile::Wild && maker.chance.once_in(6) {
        flow["timeout"] = json!("30s");
    }
    if maker.chance.once_in(3) {
        flow["output"] = json!("{{ tasks.a.output }}");
    }
    let text = serde_json::to_string_pretty(&flow).unwrap();
    let checked = check(&text, &CheckContext::default());
    match checked.flow {
        Some(flow) => Arc::new(flow),
        None => panic!("{:#?}\n{text}", checked.diagnostics),
    }
}

struct Maker<'a> {
    chance: &'a mut Chance,
    profile: Profile,
}

impl Maker<'_> {
    fn level(&mut self, depth: u32) -> Value {
        let most = if depth == 0 { 7 } else { 3 };
        let count = 1 + self.chance.below(most) as usize;
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        let mut tasks = Map::new();
        for (position, name) in names.iter().take(count).enumerate() {
            let task = self.task(depth, &names[..position]);
            tasks.insert((*name).to_owned(), task);
        }
        Value::Object(tasks)
    }

    fn task(&mut self, depth: u32, before: &[&str]) -> Value {
        let mut task = Map::new();
        let kind = self.kind(&mut task, depth, before);
        self.edges(&mut task, before);
        self.options(&mut task, kind);
        Value::Object(task)
    }

    fn kind(&mut self, task: &mut Map<String, Value>, depth: u32, before: &[&str]) -> &'static str {
        let kind = match self.chance.below(12) {
            5..7 => "value",
            7..9 if depth < 2 => "tasks",
            9 => "wait",
            10 => "approve",
            11 => "flow",
            _ => "shell",
        };
        let body = match kind {
            "value" if !before.is_empty() && self.chance.once_in(2) => {
                let upstream = self.chance.pick(before);
                json!(format!("{{{{ tasks.{upstream}.output }}}}"))
            }
            "value" if self.chance.once_in(8) => json!("{{ run.id.gone }}"),
            "value" => json!("{{ run.name }}"),
            "tasks" => self.level(depth + 1),
            "wait" => json!(format!("{}s", self.chance.below(9))),
            "approve" => json!({ "message": "sure?", "expires": "20s" }),
            "flow" => json!("other"),
            _ => json!("exit 0"),
        };
        task.insert(kind.to_owned(), body);
        if self.profile == Profile::Calm && kind == "approve" {
            task.insert(kind.to_owned(), json!("sure?"));
        }
        kind
    }

    fn edges(&mut self, task: &mut Map<String, Value>, before: &[&str]) {
        let mut needs = Map::new();
        for upstream in before {
            if self.chance.once_in(before.len() as u64) {
                let on = match self.chance.below(6) {
                    0 => "failed",
                    1 => "finished",
                    _ => "succeeded",
                };
                needs.insert((*upstream).to_owned(), json!(on));
            }
        }
        if needs.len() > 1 && self.chance.once_in(3) {
            task.insert("join".to_owned(), json!("any"));
        }
        if !needs.is_empty() {
            task.insert("needs".to_owned(), Value::Object(needs));
        }
    }

    fn options(&mut self, task: &mut Map<String, Value>, kind: &str) {
        let wild = self.profile == Profile::Wild;
        let mut set = |key: &str, value: Value| task.insert(key.to_owned(), value);
        match self.chance.below(12) {
            0 => drop(set("when", json!(false))),
            1 => drop(set("when", json!("{{ run.attempt > 0 }}"))),
            _ => {}
        }
        if self.chance.once_in(4) {
            let count = self.chance.below(6);
            let items: Vec<u64> = (0..count).collect();
            if self.chance.once_in(3) && count > 0 {
                set("matrix", json!({ "x": items, "y": [1, 2] }));
            } else {
                set("for_each", json!(items));
            }
            if self.chance.once_in(2) {
                set("concurrency", json!(1 + self.chance.below(3)));
            }
            if wild && self.chance.once_in(3) {
                set("fail_fast", json!(true));
            }
        }
        if self.chance.once_in(5) {
            set("allow_failure", json!(true));
        }
        if self.chance.once_in(6) && kind != "approve" && kind != "tasks" {
            set("limits", json!(["db"]));
        }
        if self.chance.once_in(8) && matches!(kind, "shell" | "tasks") {
            let output = if kind == "shell" { "output" } else { "1" };
            let until = format!("{{{{ {output} != 0 }}}}");
            set("repeat", json!({ "until": until, "max": 3, "delay": "1s" }));
        } else if self.chance.once_in(6) && matches!(kind, "shell" | "flow") {
            set("cache", json!(true));
        }
        if kind == "tasks" && wild && self.chance.once_in(3) {
            set("timeout", json!("8s"));
        }
        self.retries(task, kind);
    }

    fn retries(&mut self, task: &mut Map<String, Value>, kind: &str) {
        let retries = match (self.profile, kind) {
            (Profile::Calm, "shell") => json!({
                "max": 60,
                "delay": "1s",
                "when": "{{ error.message == 'the process that carried the run went away' }}",
            }),
            (Profile::Calm, "tasks") if self.chance.once_in(3) => json!(1),
            (Profile::Wild, "shell" | "tasks" | "flow" | "value") if self.chance.once_in(2) => {
                json!({ "max": 1 + self.chance.below(2), "delay": "1s", "jitter": 0.5, "backoff": "exponential" })
            }
            _ => return,
        };
        task.insert("retries".to_owned(), retries);
    }
}
