//! `vars`, `secrets`, `limits`, `settings`: the home's own tables.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use serde_json::Value as JsonValue;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Routes;
use crate::{
    Host,
    http::{
        answer::{Answer, ask},
        extract::{Body, Path},
    },
    schemas::AnyJson,
    settings::{self, Settings},
    tables::{self, Limits, SecretNames, Variables},
};

pub(super) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(vars))
        .routes(routes!(set_var, remove_var))
        .routes(routes!(secrets))
        .routes(routes!(set_secret, remove_secret))
        .routes(routes!(limits))
        .routes(routes!(set_limit, remove_limit))
        .routes(routes!(list_settings))
        .routes(routes!(set_setting, remove_setting))
}

/// A value.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ValueRequest {
    /// The value.
    #[schema(value_type = AnyJson)]
    value: JsonValue,
}

/// A secret's value.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretRequest {
    /// The value. It is never told again.
    value: String,
}

/// A limit's size.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitRequest {
    /// How many slots it has.
    slots: u32,
}

/// Every variable
#[utoipa::path(get, path = "/vars", tag = "home", responses((status = 200, body = Variables)))]
async fn vars(State(host): State<Arc<Host>>) -> Answer<Variables> {
    ask(host, |host| tables::list_variables(host.home())).await
}

/// Set a variable
#[utoipa::path(put, path = "/vars/{name}", tag = "home",
    params(("name" = String, Path, description = "The variable's name")),
    request_body = ValueRequest, responses((status = 200, body = Variables)))]
async fn set_var(
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
    Body(request): Body<ValueRequest>,
) -> Answer<Variables> {
    ask(host, move |host| {
        tables::set_variable_to(host.home(), &name, &request.value)?;
        tables::list_variables(host.home())
    })
    .await
}

/// Remove a variable
#[utoipa::path(delete, path = "/vars/{name}", tag = "home",
    params(("name" = String, Path, description = "The variable's name")),
    responses((status = 200, body = Variables)))]
async fn remove_var(State(host): State<Arc<Host>>, Path(name): Path<String>) -> Answer<Variables> {
    ask(host, move |host| {
        tables::remove_variable(host.home(), &name)?;
        tables::list_variables(host.home())
    })
    .await
}

/// The secrets' names; no value is ever told
#[utoipa::path(get, path = "/secrets", tag = "home", responses((status = 200, body = SecretNames)))]
async fn secrets(State(host): State<Arc<Host>>) -> Answer<SecretNames> {
    ask(host, |host| tables::list_secrets(host.home())).await
}

/// Keep a secret
#[utoipa::path(put, path = "/secrets/{name}", tag = "home",
    params(("name" = String, Path, description = "The secret's name")),
    request_body = SecretRequest, responses((status = 200, body = SecretNames)))]
async fn set_secret(
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
    Body(request): Body<SecretRequest>,
) -> Answer<SecretNames> {
    ask(host, move |host| {
        tables::set_secret(host.home(), &name, &request.value)?;
        tables::list_secrets(host.home())
    })
    .await
}

/// Forget a secret
#[utoipa::path(delete, path = "/secrets/{name}", tag = "home",
    params(("name" = String, Path, description = "The secret's name")),
    responses((status = 200, body = SecretNames)))]
async fn remove_secret(
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
) -> Answer<SecretNames> {
    ask(host, move |host| {
        tables::remove_secret(host.home(), &name)?;
        tables::list_secrets(host.home())
    })
    .await
}

/// Every limit, and how much of it is taken
#[utoipa::path(get, path = "/limits", tag = "home", responses((status = 200, body = Limits)))]
async fn limits(State(host): State<Arc<Host>>) -> Answer<Limits> {
    ask(host, |host| tables::list_limits(host.home())).await
}

/// Make a limit, or change how many slots it has
#[utoipa::path(put, path = "/limits/{name}", tag = "home",
    params(("name" = String, Path, description = "The limit's name")),
    request_body = LimitRequest, responses((status = 200, body = Limits)))]
async fn set_limit(
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
    Body(request): Body<LimitRequest>,
) -> Answer<Limits> {
    ask(host, move |host| {
        tables::set_limit(host.home(), &name, request.slots)?;
        tables::list_limits(host.home())
    })
    .await
}

/// Remove a limit
#[utoipa::path(delete, path = "/limits/{name}", tag = "home",
    params(("name" = String, Path, description = "The limit's name")),
    responses((status = 200, body = Limits)))]
async fn remove_limit(State(host): State<Arc<Host>>, Path(name): Path<String>) -> Answer<Limits> {
    ask(host, move |host| {
        tables::remove_limit(host.home(), &name)?;
        tables::list_limits(host.home())
    })
    .await
}

/// Every setting with its value
#[utoipa::path(get, path = "/settings", tag = "home", responses((status = 200, body = Settings)))]
async fn list_settings(State(host): State<Arc<Host>>) -> Answer<Settings> {
    ask(host, |host| settings::list(Some(host.home()))).await
}

/// Change a setting
#[utoipa::path(put, path = "/settings/{key}", tag = "home",
    params(("key" = String, Path, description = "The setting's key")),
    request_body = ValueRequest, responses((status = 200, body = Settings)))]
async fn set_setting(
    State(host): State<Arc<Host>>,
    Path(key): Path<String>,
    Body(request): Body<ValueRequest>,
) -> Answer<Settings> {
    ask(host, move |host| {
        let text = match request.value {
            JsonValue::String(text) => text,
            other => other.to_string(),
        };
        settings::set(host.home(), &key, &text)?;
        settings::list(Some(host.home()))
    })
    .await
}

/// Go back to a setting's default
#[utoipa::path(delete, path = "/settings/{key}", tag = "home",
    params(("key" = String, Path, description = "The setting's key")),
    responses((status = 200, body = Settings)))]
async fn remove_setting(
    State(host): State<Arc<Host>>,
    Path(key): Path<String>,
) -> Answer<Settings> {
    ask(host, move |host| {
        settings::remove(host.home(), &key)?;
        settings::list(Some(host.home()))
    })
    .await
}
