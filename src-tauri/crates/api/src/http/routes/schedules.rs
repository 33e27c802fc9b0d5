//! `schedules`: when flows are due. Nothing fires in this version.

use std::sync::Arc;

use axum::extract::State;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::Routes;
use crate::{
    FlowChoice, Host,
    http::{
        answer::{Answer, ask},
        problem::Problem,
        query::Query,
    },
    schedules::{self, NextAnswer, NextOf, NextRequest, SchedulesAnswer},
};

/// How many times are told by default.
const TIMES: u32 = 5;

/// How many at most.
const MOST_TIMES: u32 = 10_000;

pub(super) fn routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(next))
}

/// Every schedule of the workspace, with its next time
#[utoipa::path(get, path = "/schedules", tag = "schedules", responses((status = 200, body = SchedulesAnswer)))]
async fn list(State(host): State<Arc<Host>>) -> Answer<SchedulesAnswer> {
    ask(host, |host| {
        schedules::list(&host.surroundings(), Timestamp::now())
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
