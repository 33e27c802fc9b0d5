//! How the API's document describes what other crates define: the names of states,
//! and values that may be anything.

use std::borrow::Cow;

use tidemill_orchestrate::{State, StateType};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::SchemaType, schema::Type},
};

/// A state's name, such as `Completed`.
pub(crate) struct StateName;

/// A state type's name, such as `completed`.
pub(crate) struct StateTypeName;

/// By which stream a line came.
pub(crate) struct StreamName;

/// Any JSON value, null included.
pub(crate) struct AnyJson;

fn names(names: Vec<&'static str>) -> RefOr<Schema> {
    let schema = ObjectBuilder::new().schema_type(Type::String);
    schema.enum_values(Some(names)).into()
}

impl PartialSchema for StateName {
    fn schema() -> RefOr<Schema> {
        names(State::ALL.iter().map(|state| state.name()).collect())
    }
}

impl PartialSchema for StateTypeName {
    fn schema() -> RefOr<Schema> {
        let mut types: Vec<&'static str> = Vec::new();
        for state in State::ALL {
            let name = StateType::name(state.state_type());
            if !types.contains(&name) {
                types.push(name);
            }
        }
        names(types)
    }
}

impl PartialSchema for StreamName {
    fn schema() -> RefOr<Schema> {
        names(vec!["stdout", "stderr", "engine"])
    }
}

impl ToSchema for StreamName {
    fn name() -> Cow<'static, str> {
        "LogStream".into()
    }
}

impl PartialSchema for AnyJson {
    fn schema() -> RefOr<Schema> {
        let any = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
        any.into()
    }
}

impl ToSchema for StateName {
    fn name() -> Cow<'static, str> {
        "State".into()
    }
}

impl ToSchema for StateTypeName {
    fn name() -> Cow<'static, str> {
        "StateType".into()
    }
}

impl ToSchema for AnyJson {
    fn name() -> Cow<'static, str> {
        "Json".into()
    }
}
