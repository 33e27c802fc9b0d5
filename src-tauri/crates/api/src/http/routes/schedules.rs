//! `schedules`: when flows are due, and what became of their times.

use std::sync::Arc;

use axum::extract::State;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::Routes;
use crate::{
    FlowChoice, Host,
    http::{
        answer::{Answer, ask},
        extract::{Body, Path},
        problem::Problem,
        query::Query,
    },
    schedules::{self, NextAnswer, NextOf, NextRequest, PauseAnswer, SchedulesAnswer},
};

/// How many times are told by default.
const TIMES: u32 = 5;

/// How many at most.
const MOST_TIMES: u32 = 10_000;

pub(super) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list))
        .routes(routes!(next))
        .routes(routes!(pause))
}

/// Every schedule of the workspace, with its next time and what became of the last
#[utoipa::path(get, path = "/schedules", tag = "schedules", responses((status = 200, body = SchedulesAnswer)))]
async fn list(State(host): State<Arc<Host>>) -> Answer<SchedulesAnswer> {
    ask(host, |host| {
        let home = Some(host.home());
        schedules::list(&host.surroundings(), home, Timestamp::now())
    })
    .await
}

/// Whether a flow's schedules are paused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PauseRequest {
    /// Whether they are, on this machine; the flow's file stays as it is.
    paused: bool,
}

/// Pause a flow's schedules on this machine, or let them go on
#[utoipa::path(put, path = "/schedules/{flow}", tag = "schedules",
    params(("flow" = String, Path, description = "The flow's name")),
    request_body = PauseRequest, responses((status = 200, body = PauseAnswer)))]
async fn pause(
    State(host): State<Arc<Host>>,
    Path(flow): Path<String>,
    Body(request): Body<PauseRequest>,
) -> Answer<PauseAnswer> {
    let flow = FlowChoice::named(&flow)?;
    ask(host, move |host| {
        let (around, home) = (host.surroundings(), host.home());
        let answer = schedules::pause(&around, home, &flow, request.paused, Timestamp::now())?;
        host.look_at_schedules();
        Ok(answer)
    })
    .await
}

/// Whose times.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct NextQuery {
    /// All schedules of this flow.
    flow: Option<String>,
    /// One crontab expression.
    cron: Option<String>,
    /// Its zone: an IANA name, or `local`.
    timezone: Option<String>,
    /// Only times strictly after this one; now by default.
    from: Option<String>,
    /// How many, 5 by default.
    count: Option<u32>,
}

/// The next times of a flow, or of an expression
#[utoipa::path(get, path = "/schedules/next", tag = "schedules", params(NextQuery),
    responses((status = 200, body = NextAnswer)))]
async fn next(State(host): State<Arc<Host>>, Query(query): Query<NextQuery>) -> Answer<NextAnswer> {
    let of = match (query.flow, query.cron) {
        (Some(flow), None) => NextOf::Flow(FlowChoice::named(&flow)?),
        (None, Some(expression)) => NextOf::Cron {
            expression,
            timezone: query.timezone,
        },
        _ => {
            return Err(Problem::bad_request(
                "name either a `flow` or a `cron` expression",
            ));
        }
    };
    let count = query.count.unwrap_or(TIMES).clamp(1, MOST_TIMES);
    let request = NextRequest {
        of,
        from: query.from,
        count: usize::try_from(count).unwrap_or(usize::MAX),
    };
    ask(host, move |host| {
        schedules::next(&host.surroundings(), &request, Timestamp::now())
    })
    .await
}
