//! What programs read: runs and task runs as JSON documents, field for field as
//! they are documented.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;
use tidemill_orchestrate::{State, StateType};
use utoipa::ToSchema;

use crate::schemas::{AnyJson, StateName, StateTypeName};

/// A point in time as documents write it: RFC 3339, UTC, to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub struct Moment(pub Timestamp);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:.3}", self.0))
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Timestamp::deserialize(deserializer).map(Self)
    }
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Run)]
pub struct RunDocument {
    /// Its id.
    pub id: String,
    /// Its readable name.
    pub name: String,
    /// The flow's name; of a recorded command: what it is called.
    pub flow: String,
    /// SHA-256 of the flow file's bytes; none of a recorded command.
    pub version: Option<String>,
    /// How it stands.
    #[schema(value_type = StateName)]
    pub state: State,
    /// The type of that state.
    #[schema(value_type = StateTypeName)]
    pub state_type: StateType,
    /// Why, for a person.
    pub message: Option<String>,
    /// Its parameters.
    #[schema(value_type = AnyJson)]
    pub parameters: Json,
    /// Its result; null until there is one.
    #[schema(value_type = AnyJson)]
    pub output: Json,
    /// When it was made.
    pub created_at: Moment,
    /// When its first attempt started.
    pub started_at: Option<Moment>,
    /// When it ended.
    pub ended_at: Option<Moment>,
    /// From its start to its end, in milliseconds.
    pub duration_ms: Option<u64>,
}

/// One task run, or the row of a mapped task or a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportedTask)]
pub struct TaskDocument {
    /// Its id.
    pub id: String,
    /// The task's name, with those of the groups around it: `group/inner`.
    pub task: String,
    /// The item's number, of an item of a mapped task.
    pub index: Option<u32>,
    /// The whole way to it: `group[2]/inner[0]`.
    pub path: String,
    /// How it stands.
    #[schema(value_type = StateName)]
    pub state: State,
    /// The type of that state.
    #[schema(value_type = StateTypeName)]
    pub state_type: StateType,
    /// Why, for a person.
    pub message: Option<String>,
    /// How many attempts it had.
    pub attempts: u32,
    /// Its output; null until there is one.
    #[schema(value_type = AnyJson)]
    pub output: Json,
    /// When its first attempt started.
    pub started_at: Option<Moment>,
    /// When it ended.
    pub ended_at: Option<Moment>,
    /// From its start to its end, in milliseconds.
    pub duration_ms: Option<u64>,
}

/// A run with its task runs: what `run --json` prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunReport {
    /// The run.
    pub run: RunDocument,
    /// Its task runs, the newest at each path, in the flow's order.
    pub tasks: Vec<TaskDocument>,
}

/// Milliseconds from start to end, where both are known. A clock that was set
/// back gives none below zero.
pub(crate) fn duration(start: Option<Timestamp>, end: Option<Timestamp>) -> Option<u64> {
    let milliseconds = end?.duration_since(start?).as_millis();
    Some(u64::try_from(milliseconds).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_milliseconds() {
        for (at, text) in [
            ("2026-03-29T05:05:00Z", "\"2026-03-29T05:05:00.000Z\""),
            ("2026-03-29T05:05:00.1239Z", "\"2026-03-29T05:05:00.123Z\""),
        ] {
            let moment = Moment(at.parse().unwrap());
            assert_eq!(serde_json::to_string(&moment).unwrap(), text);
        }
    }

    #[test]
    fn a_run_s_fields_stand_in_their_order() {
        let at = Moment("2026-03-29T05:05:00Z".parse().unwrap());
        let run = RunDocument {
            id: "i".to_owned(),
            name: "n".to_owned(),
            flow: "f".to_owned(),
            version: None,
            state: State::TimedOut,
            state_type: StateType::Failed,
            message: None,
            parameters: serde_json::json!({}),
            output: Json::Null,
            created_at: at,
            started_at: Some(at),
            ended_at: None,
            duration_ms: None,
        };
        assert_eq!(
            serde_json::to_string(&run).unwrap(),
            r#"{"id":"i","name":"n","flow":"f","version":null,"state":"TimedOut","state_type":"failed","message":null,"parameters":{},"output":null,"created_at":"2026-03-29T05:05:00.000Z","started_at":"2026-03-29T05:05:00.000Z","ended_at":null,"duration_ms":null}"#
        );
    }

    #[test]
    fn durations_are_never_negative() {
        let at = |text: &str| Some(text.parse().unwrap());
        let (early, late) = (at("2026-03-29T05:05:00Z"), at("2026-03-29T05:05:01.5Z"));
        assert_eq!(duration(early, late), Some(1_500));
        assert_eq!(duration(late, early), Some(0));
        assert_eq!(duration(early, None), None);
    }
}
