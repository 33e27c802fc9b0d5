//! `flows/{name}/runs`: starts a run.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as JsonValue};
use tidemill_schedule::Time;
use tidemill_store::RequestKey;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Routes, with_texts};
use crate::{
    FlowChoice, GivenParameters, Host, Part, RunOrder, TrialOrder,
    document::RunDocument,
    http::{
        BODY,
        extract::{OptionalBody, Path},
        problem::Problem,
    },
};

pub(super) fn routes() -> Routes {
    with_texts(Routes::new().routes(routes!(start)))
}

/// What a run is started with.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct StartRequest {
    /// Parameters with their types.
    #[schema(value_type = Object)]
    parameters: Map<String, JsonValue>,
    /// Parameters as a person types them, each `name=value`, converted to the type
    /// that the flow names; they win over `parameters`.
    typed: Vec<String>,
    /// When it is to start, such as `2026-03-29T07:05:00+02:00`; without an offset, by
    /// the clock of the machine. Now by default, and where the time has passed.
    at: Option<String>,
    /// What a person tries of it: pinned outputs stand for those of their tasks.
    #[serde(rename = "try")]
    trial: Option<TryRequest>,
}

/// What a person tries of a flow.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TryRequest {
    /// The flow's text as it is being edited; the file's by default.
    text: Option<String>,
    /// Which part, as seen from `task`; all of the flow by default.
    part: Option<TryPart>,
    /// The path of the task that `part` is seen from: `group/inner`.
    task: Option<String>,
}

/// A part of a flow.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TryPart {
    /// The task alone, whatever it waits for, with the last outputs of what it reads.
    Only,
    /// All that it waits for, and itself.
    Until,
    /// Itself, whatever it waits for, and all that waits for it.
    From,
}

impl StartRequest {
    /// A body may be larger than others for the text in it; what a run is given may not.
    fn fits(&self) -> Result<(), Problem> {
        let values = serde_json::to_string(&self.parameters).map_or(0, |values| values.len());
        let given = self.typed.iter().fold(values, |sum, one| sum + one.len());
        match given > BODY {
            true => Err(Problem::of_status(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("the parameters are larger than {} MiB", BODY >> 20),
            )),
            false => Ok(()),
        }
    }
}

impl TryRequest {
    fn order(self) -> Result<TrialOrder, Problem> {
        let part = match (self.part, self.task) {
            (Some(part), Some(task)) => Some((part.part(), task)),
            (None, None) => None,
            _ => {
                return Err(Problem::bad_request(
                    "`part` and `task` of `try` go together: give both, or none",
                ));
            }
        };
        Ok(TrialOrder {
            part,
            text: self.text,
        })
    }
}

impl TryPart {
    fn part(self) -> Part {
        match self {
            Self::Only => Part::Only,
            Self::Until => Part::Until,
            Self::From => Part::From,
        }
    }
}

/// Start a run of a flow
#[utoipa::path(post, path = "/flows/{name}/runs", tag = "runs",
    params(("name" = String, Path, description = "The flow's name"),
        ("Idempotency-Key" = Option<String>, Header, description = "Asking again by the same key gives the same run")),
    request_body = Option<StartRequest>,
    responses((status = 201, description = "It is recorded, and runs or waits for its time", body = RunDocument)))]
async fn start(
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    OptionalBody(request): OptionalBody<StartRequest>,
) -> Result<Response, Problem> {
    request.fits()?;
    let at = request.at.as_deref().map(moment).transpose()?;
    let key = key(&headers, &name, &request)?;
    let order = RunOrder {
        flow: FlowChoice::named(&name)?,
        parameters: GivenParameters {
            pairs: request.typed,
            values: request.parameters,
            file: None,
        },
        trial: request.trial.map(TryRequest::order).transpose()?,
    };
    let run = host.start(order, at, key).await?;
    let place = format!("/api/v1/runs/{}", run.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(run)).into_response())
}

/// The time that a text names.
fn moment(text: &str) -> Result<Timestamp, Problem> {
    match Time::parse(text) {
        Ok(time) => Ok(time.instant(&TimeZone::system())),
        Err(_) => Err(Problem::bad_request(format!("`{text}` is no time"))
            .with_hint("write it as `2026-03-29T07:05:00+02:00`")),
    }
}

/// The longest key that a request may have.
const LONGEST_KEY: usize = 255;

/// The key that a request has, with all that it asks.
fn key(
    headers: &HeaderMap,
    flow: &str,
    request: &StartRequest,
) -> Result<Option<RequestKey>, Problem> {
    let Some(given) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let text = given.to_str().ok().map(str::trim);
    let Some(key) = text.filter(|key| (1..=LONGEST_KEY).contains(&key.len())) else {
        return Err(Problem::bad_request(
            "the header Idempotency-Key is a text of 1 to 255 visible characters",
        ));
    };
    // Texts, numbers and lists of them always are JSON.
    let asked = serde_json::to_vec(&(flow, request)).unwrap_or_default();
    Ok(Some(RequestKey::new(key.to_owned(), &asked)))
}
