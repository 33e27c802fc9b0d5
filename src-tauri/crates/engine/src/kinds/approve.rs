//! `approve`: whether what a person entered fits what the task asks for.
//!
//! Not here: the approval itself, which is a state of the task run, and takes no
//! attempt.

use serde_json::{Map, Value as Json};
use tidemill_flow::{
    Approve,
    validation::{SchemaMistake, validate},
};

use crate::error::EngineError;

/// What the person entered, checked: a mapping, or null where nothing is asked
/// and nothing was entered. `task` is the task run's path, for messages.
pub(crate) fn checked_fields(
    approve: &Approve,
    task: &str,
    entered: &Json,
) -> Result<Json, EngineError> {
    let wrong = |problems| EngineError::Fields {
        task: task.to_owned(),
        problems,
    };
    let Some(schema) = &approve.fields else {
        return match entered {
            Json::Null => Ok(Json::Null),
            Json::Object(fields) if fields.is_empty() => Ok(Json::Null),
            _ => Err(wrong(vec!["it asks for no fields".to_owned()])),
        };
    };
    let entered = match entered {
        Json::Null => Json::Object(Map::new()),
        entered => entered.clone(),
    };
    match validate(schema, &entered) {
        Ok(()) => Ok(entered),
        Err(mistakes) => Err(wrong(
            mistakes.iter().map(SchemaMistake::to_string).collect(),
        )),
    }
}
