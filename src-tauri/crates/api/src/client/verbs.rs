//! The verbs, asked of a server.

use std::{num::NonZeroU32, path::Path};

use reqwest::{Method, Response};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::{Client, RefusedLine};
use crate::{
    Error, FileDiagnostics, GivenParameters, Surroundings,
    doctor::DoctorAnswer,
    document::{RunDocument, RunReport},
    failure::{FailedTask, Failures},
    new::{Examples, NewFlow},
    parameters,
    plan::PlanAnswer,
    record::TransitionList,
    runs::{ListRequest, RunDetail, RunFacts, RunList, RunRecord, ShowRequest},
    schedules::{NextAnswer, NextOf, NextRequest, PauseAnswer, SchedulesAnswer},
    settings::Settings,
    steer::SteeredRun,
    tables::{Limits, SecretNames, Variables},
    task_runs::TaskRunList,
    workspaces::EnabledAnswer,
};

/// A run's page, as far as a client shows it.
#[derive(Debug, Deserialize)]
pub(super) struct RemoteDetail {
    pub(super) run: RunDocument,
    #[serde(flatten)]
    facts: RunFacts,
    pub(super) failures: Vec<FailedTask>,
    pub(super) failures_left_out: usize,
    pub(super) cursor: u64,
}

impl RemoteDetail {
    pub(super) fn failures(self) -> Failures {
        Failures {
            tasks: self.failures,
            more: self.failures_left_out,
        }
    }
}

#[derive(Debug, Deserialize)]
struct RemoteCheck {
    flow: Option<String>,
    diagnostics: Vec<RefusedLine>,
}

#[derive(Debug, Deserialize)]
struct RemoteRemoved {
    name: String,
}

/// The parameters of a call as a request's body has them. A file of them lies here, not
/// there: it is read before anything is asked.
fn parameters(
    surroundings: &Surroundings,
    given: &GivenParameters,
) -> Result<Map<String, Json>, Error> {
    let mut values = match &given.file {
        Some(file) => parameters::read(surroundings, file)?,
        None => Map::new(),
    };
    values.extend(given.values.clone());
    Ok(values)
}

impl Client {
    /// A page of runs.
    ///
    /// # Errors
    /// Where the server refuses, or does not answer.
    pub async fn list(&self, request: &ListRequest) -> Result<RunList, Error> {
        let filter = &request.filter;
        let mut query: Vec<(&str, String)> = vec![("limit", request.limit.to_string())];
        query.extend(filter.flow.clone().map(|flow| ("flow", flow)));
        query.extend(filter.states.iter().map(|state| ("state", state.clone())));
        query.extend(filter.since.clone().map(|since| ("since", since)));
        query.extend(filter.until.clone().map(|until| ("until", until)));
        query.extend(
            filter
                .parameters
                .iter()
                .map(|pair| ("parameter", pair.clone())),
        );
        query.extend(request.cursor.clone().map(|cursor| ("cursor", cursor)));
        self.get(&["runs"], &query).await
    }

    /// All about one run.
    ///
    /// # Errors
    /// Where there is no such run, the server refuses, or does not answer.
    pub async fn show(&self, request: &ShowRequest) -> Result<RunDetail, Error> {
        let detail: RemoteDetail = self.get(&["runs", &request.run], &[]).await?;
        let id = detail.run.id.as_str();
        let query = [("tasks", request.tasks.to_string())];
        let report: RunReport = self.get(&["runs", id, "report"], &query).await?;
        let facts = detail.facts;
        let record = match request.transitions {
            0 => None,
            most => {
                let query = [("limit", most.to_string())];
                let page: TransitionList = self.get(&["runs", id, "transitions"], &query).await?;
                Some(RunRecord {
                    facts: facts.clone(),
                    transitions: page.transitions,
                })
            }
        };
        Ok(RunDetail {
            report,
            facts,
            record,
        })
    }

    /// Forgets a run; its name.
    ///
    /// # Errors
    /// Where there is no such run, it has not ended, or the server does not answer.
    pub async fn remove(&self, run: &str) -> Result<String, Error> {
        let removed: RemoteRemoved = self.send(Method::DELETE, &["runs", run], None).await?;
        Ok(removed.name)
    }

    /// The id of the run that a text names.
    ///
    /// # Errors
    /// Where there is none, or the server does not answer.
    pub async fn find(&self, run: &str) -> Result<String, Error> {
        let detail: RemoteDetail = self.get(&["runs", run], &[]).await?;
        Ok(detail.run.id)
    }

    /// Ends a run; `at_once`: what runs gets no time to end by itself.
    ///
    /// # Errors
    /// Where there is no such run, it has ended, or the server does not answer.
    pub async fn cancel(&self, run: &str, at_once: bool) -> Result<SteeredRun, Error> {
        let body = json!({ "at_once": at_once });
        self.send(Method::POST, &["runs", run, "cancel"], Some(&body))
            .await
    }

    /// Writes a flow of an example into the server's workspace.
    ///
    /// # Errors
    /// Where the name is none, no example is called so, the file is there already, or
    /// the server does not answer.
    pub async fn new_flow(&self, name: &str, from: Option<&str>) -> Result<NewFlow, Error> {
        let body = json!({ "name": name, "from": from });
        self.send(Method::POST, &["flows"], Some(&body)).await
    }

    /// What a flow may be begun from.
    ///
    /// # Errors
    /// Where the server does not answer.
    pub async fn examples(&self) -> Result<Examples, Error> {
        self.get(&["examples"], &[]).await
    }

    /// Answers a question with yes.
    ///
    /// # Errors
    /// Where there is no such question, the fields do not fit, or the server does not
    /// answer.
    pub async fn approve(
        &self,
        run: &str,
        task: Option<&str>,
        fields: &[String],
    ) -> Result<SteeredRun, Error> {
        let body = json!({ "task": task, "typed": fields });
        self.send(Method::POST, &["runs", run, "approve"], Some(&body))
            .await
    }

    /// Answers a question with no.
    ///
    /// # Errors
    /// Where there is no such question, or the server does not answer.
    pub async fn reject(&self, run: &str, task: Option<&str>) -> Result<SteeredRun, Error> {
        let body = json!({ "task": task });
        self.send(Method::POST, &["runs", run, "reject"], Some(&body))
            .await
    }

    /// Starts a run of a flow of the server's workspace.
    ///
    /// # Errors
    /// Where the flow or the parameters are wrong, or the server does not answer.
    pub async fn start(
        &self,
        surroundings: &Surroundings,
        flow: &str,
        given: &GivenParameters,
    ) -> Result<RunDocument, Error> {
        let body = json!({
            "parameters": parameters(surroundings, given)?,
            "typed": given.pairs,
        });
        self.send(Method::POST, &["flows", flow, "runs"], Some(&body))
            .await
    }

    /// Runs a run again.
    ///
    /// # Errors
    /// Where there is no such run, its owner lives, or the server does not answer.
    pub async fn retry(&self, run: &str, from_failed: bool) -> Result<RunDocument, Error> {
        let body = json!({ "from_failed": from_failed });
        self.send(Method::POST, &["runs", run, "retry"], Some(&body))
            .await
    }

    /// What a run would do.
    ///
    /// # Errors
    /// Where the flow or the parameters are wrong, or the server does not answer.
    pub async fn plan(
        &self,
        surroundings: &Surroundings,
        flow: &str,
        given: &GivenParameters,
    ) -> Result<PlanAnswer, Error> {
        let body = json!({
            "flow": flow,
            "parameters": parameters(surroundings, given)?,
            "typed": given.pairs,
        });
        self.send(Method::POST, &["plan"], Some(&body)).await
    }

    /// What is said of a file that lies here.
    ///
    /// # Errors
    /// Where it cannot be read, or the server does not answer.
    pub async fn check(
        &self,
        surroundings: &Surroundings,
        typed: &Path,
    ) -> Result<FileDiagnostics, Error> {
        let path = surroundings.path(typed);
        let text = std::fs::read_to_string(&path).map_err(|cause| Error::Read {
            path: typed.to_owned(),
            cause,
        })?;
        let body = json!({ "text": text, "file": path });
        let said: RemoteCheck = self.send(Method::POST, &["check"], Some(&body)).await?;
        Ok(FileDiagnostics {
            path: typed.to_owned(),
            flow: said.flow,
            diagnostics: said.diagnostics.into_iter().map(Into::into).collect(),
        })
    }

    /// The flow file's JSON Schema.
    ///
    /// # Errors
    /// Where the server does not answer.
    pub async fn schema(&self) -> Result<Json, Error> {
        self.get(&["schema"], &[]).await
    }

    /// Every schedule of the server's workspace.
    ///
    /// # Errors
    /// Where the server refuses, or does not answer.
    pub async fn schedules(&self) -> Result<SchedulesAnswer, Error> {
        self.get(&["schedules"], &[]).await
    }

    /// Pauses a flow's schedules on the server's machine, or lets them go on.
    ///
    /// # Errors
    /// Where there is no such flow, or the server does not answer.
    pub async fn pause(&self, flow: &str, paused: bool) -> Result<PauseAnswer, Error> {
        let body = json!({ "paused": paused });
        self.send(Method::PUT, &["schedules", flow], Some(&body))
            .await
    }

    /// Lets the schedules and triggers of a folder on the server's machine fire there, or
    /// no more; by default those of its workspace.
    ///
    /// # Errors
    /// Where the folder is none, or the server does not answer.
    pub async fn enable(
        &self,
        folder: Option<&Path>,
        enabled: bool,
    ) -> Result<EnabledAnswer, Error> {
        let body = json!({ "path": folder, "enabled": enabled });
        let path = ["workspaces", "enabled"];
        self.send(Method::PUT, &path, Some(&body)).await
    }

    /// The next times of a flow, or of an expression.
    ///
    /// # Errors
    /// Where something asked is wrong, or the server does not answer.
    pub async fn next_times(&self, request: &NextRequest) -> Result<NextAnswer, Error> {
        let mut query: Vec<(&str, String)> = vec![("count", request.count.to_string())];
        match &request.of {
            NextOf::Flow(flow) => query.push(("flow", flow.text())),
            NextOf::Cron {
                expression,
                timezone,
            } => {
                query.push(("cron", expression.clone()));
                query.extend(timezone.clone().map(|zone| ("timezone", zone)));
            }
        }
        query.extend(request.from.clone().map(|from| ("from", from)));
        self.get(&["schedules", "next"], &query).await
    }

    /// Every variable.
    ///
    /// # Errors
    /// Where the server does not answer.
    pub async fn variables(&self) -> Result<Variables, Error> {
        self.get(&["vars"], &[]).await
    }

    /// Every limit.
    ///
    /// # Errors
    /// Where the server does not answer.
    pub async fn limits(&self) -> Result<Limits, Error> {
        self.get(&["limits"], &[]).await
    }

    /// The secrets' names.
    ///
    /// # Errors
    /// Where the server does not answer.
    pub async fn secrets(&self) -> Result<SecretNames, Error> {
        self.get(&["secrets"], &[]).await
    }

    /// Whether all that the server needs is there, on its machine.
    ///
    /// # Errors
    /// Where the server does not answer.
    pub async fn doctor(&self) -> Result<DoctorAnswer, Error> {
        self.get(&["doctor"], &[]).await
    }

    /// Every setting.
    ///
    /// # Errors
    /// Where the server does not answer.
    pub async fn settings(&self) -> Result<Settings, Error> {
        self.get(&["settings"], &[]).await
    }

    /// Sets an entry of one of the home's tables: `vars`, `secrets`, `limits`,
    /// `settings`.
    ///
    /// # Errors
    /// Where the name or the value does not fit, or the server does not answer.
    pub async fn put(&self, table: &str, name: &str, body: &Json) -> Result<(), Error> {
        let _: Json = self.send(Method::PUT, &[table, name], Some(body)).await?;
        Ok(())
    }

    /// Removes an entry of one of the home's tables.
    ///
    /// # Errors
    /// Where there is none, or the server does not answer.
    pub async fn delete(&self, table: &str, name: &str) -> Result<(), Error> {
        let _: Json = self.send(Method::DELETE, &[table, name], None).await?;
        Ok(())
    }

    /// A run's page.
    pub(super) async fn detail(&self, run: &str) -> Result<RemoteDetail, Error> {
        self.get(&["runs", run], &[]).await
    }

    /// A run's document for programs, which may be long: in pieces, as it comes.
    ///
    /// # Errors
    /// Where there is no such run, or the server does not answer.
    pub async fn report(&self, run: &str, transitions: bool) -> Result<Pieces, Error> {
        let query = [("transitions", transitions.to_string())];
        let request = self.request(Method::GET, &["runs", run, "report"], &query);
        Ok(Pieces {
            client: self.clone(),
            answer: self.answered(request).await?,
        })
    }

    /// The task runs of a run that are no items, with what there is of them.
    pub(super) async fn rows(&self, run: &str) -> Result<TaskRunList, Error> {
        let most = NonZeroU32::MIN.saturating_add(4_999);
        let query = [
            ("without_items", "true".to_owned()),
            ("limit", most.to_string()),
        ];
        self.get(&["runs", run, "tasks"], &query).await
    }
}

/// An answer in pieces.
#[derive(Debug)]
pub struct Pieces {
    client: Client,
    answer: Response,
}

impl Pieces {
    /// The next piece; `None` after the last.
    ///
    /// # Errors
    /// Where the server went away before it had sent all.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        match self.answer.chunk().await {
            Ok(piece) => Ok(piece.map(|piece| piece.to_vec())),
            Err(error) => Err(self.client.away(&error)),
        }
    }
}
