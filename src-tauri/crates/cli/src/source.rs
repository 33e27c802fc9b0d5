//! Where a command's answers come from: the home of this machine, or a server.

use std::{
    future::Future,
    io::Write as _,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde_json::json;
use tidemill_api::{
    Error, FlowChoice, GivenParameters, OpenHome, RunStream, Surroundings,
    check::{self, CheckAnswer},
    client::Client,
    doctor::{self, DoctorAnswer},
    http::Token,
    new::{self, Examples, NewFlow},
    plan::{self, PlanAnswer},
    runs::{self, ListRequest, RunDetail, RunList, ShowRequest},
    schedules::{self, NextAnswer, NextOf, NextRequest, PauseAnswer, SchedulesAnswer},
    settings::{self, Settings},
    tables::{self, Limits, SecretNames, Variables},
    workspaces::{self, EnabledAnswer},
};

use crate::{commands::open_settled, message::Failure, output::Output, runtime::runtime};

/// The variable that holds a server's token.
const TOKEN: &str = "TIDEMILL_TOKEN";

/// Where answers come from.
pub(crate) enum Source<'s> {
    /// The home of this machine.
    Home(&'s Surroundings),
    /// A server, asked by its API.
    Server(&'s Surroundings, Client),
}

impl<'s> Source<'s> {
    /// The server that was named, else the home.
    ///
    /// # Errors
    /// Where the server's address is none, or there is no token for it.
    pub(crate) fn new(
        surroundings: &'s Surroundings,
        server: Option<&str>,
        token_file: Option<PathBuf>,
    ) -> Result<Self, Error> {
        let Some(server) = server else {
            return Ok(Self::Home(surroundings));
        };
        let token = match (token_file, std::env::var(TOKEN)) {
            (Some(file), _) => Some(Token::read(&surroundings.path(&file))?),
            (None, Ok(text)) if !text.is_empty() => Some(token(&text)?),
            (None, _) => None,
        };
        let client = Client::new(server, token, &surroundings.home)?;
        Ok(Self::Server(surroundings, client))
    }

    /// A page of runs.
    pub(crate) fn list(&self, request: &ListRequest, now: Timestamp) -> Result<RunList, Failure> {
        match self {
            Self::Home(surroundings) => {
                let home = open_settled(surroundings)?;
                Ok(runs::list(home.as_ref(), request, now)?)
            }
            Self::Server(_, client) => waited(client.list(request)),
        }
    }

    /// All about one run.
    pub(crate) fn show(&self, request: &ShowRequest) -> Result<RunDetail, Failure> {
        match self {
            Self::Home(surroundings) => {
                let home = open_settled(surroundings)?;
                Ok(runs::show(home.as_ref(), request)?)
            }
            Self::Server(_, client) => waited(client.show(request)),
        }
    }

    /// Writes all about one run as a document, as it is read.
    pub(crate) fn write_report(
        &self,
        run: &str,
        transitions: bool,
        output: &mut Output,
    ) -> Result<(), Failure> {
        match self {
            Self::Home(surroundings) => {
                let home = open_settled(surroundings)?;
                output.document(&RunStream::open(home.as_ref(), run, transitions)?)?;
                Ok(())
            }
            Self::Server(_, client) => {
                runtime()?.block_on(write_report(client, run, transitions, output))
            }
        }
    }

    /// Forgets runs; `removed` hears the name of each. All are found before any is
    /// removed: `last` means one run, not each in turn.
    pub(crate) fn remove(
        &self,
        named: &[String],
        mut removed: impl FnMut(&str) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        match self {
            Self::Home(surroundings) => {
                let home = open_settled(surroundings)?;
                let ids = named.iter().map(|text| runs::find(home.as_ref(), text));
                for id in ids.collect::<Result<Vec<_>, _>>()? {
                    removed(&runs::remove(home.as_ref(), &id.to_string())?)?;
                }
            }
            Self::Server(_, client) => {
                let ids = named.iter().map(|text| waited(client.find(text)));
                for id in ids.collect::<Result<Vec<_>, _>>()? {
                    removed(&waited(client.remove(&id))?)?;
                }
            }
        }
        Ok(())
    }

    /// What a flow may be begun from.
    pub(crate) fn examples(&self) -> Result<Examples, Failure> {
        match self {
            Self::Home(_) => Ok(new::examples()),
            Self::Server(_, client) => waited(client.examples()),
        }
    }

    /// Writes a flow of an example into the workspace.
    pub(crate) fn new_flow(&self, name: &str, from: Option<&str>) -> Result<NewFlow, Failure> {
        match self {
            Self::Home(surroundings) => {
                let written = new::new(surroundings, name, from)?;
                let shown = |path: PathBuf| surroundings.shown(&path).display().to_string();
                Ok(NewFlow {
                    name: name.to_owned(),
                    file: shown(written.file),
                    mark: written.mark.map(shown),
                })
            }
            Self::Server(_, client) => waited(client.new_flow(name, from)),
        }
    }

    /// What a run would do.
    pub(crate) fn plan(
        &self,
        flow: &FlowChoice,
        given: &GivenParameters,
    ) -> Result<PlanAnswer, Failure> {
        match self {
            Self::Home(surroundings) => waited(plan::plan(surroundings, flow, given)),
            Self::Server(surroundings, client) => {
                let name = name(flow)?;
                waited(client.plan(surroundings, &name, given))
            }
        }
    }

    /// What is said of files, and those that could not be read.
    pub(crate) fn check(&self, files: &[PathBuf]) -> Result<(CheckAnswer, Vec<Error>), Failure> {
        let (surroundings, client) = match self {
            Self::Home(surroundings) => return Ok(check::check(surroundings, files)),
            Self::Server(surroundings, client) => (surroundings, client),
        };
        let mut answer = CheckAnswer::default();
        let mut errors = Vec::new();
        for file in files {
            match runtime()?.block_on(client.check(surroundings, file)) {
                Ok(said) => {
                    answer.errors += said.errors();
                    answer.warnings += said.warnings();
                    answer.files.push(said);
                }
                Err(error) => errors.push(error),
            }
        }
        Ok((answer, errors))
    }

    /// Every schedule of the workspace.
    pub(crate) fn schedules(&self, now: Timestamp) -> Result<SchedulesAnswer, Failure> {
        match self {
            Self::Home(surroundings) => {
                let home = OpenHome::open_existing(surroundings)?;
                Ok(schedules::list(surroundings, home.as_ref(), now)?)
            }
            Self::Server(_, client) => waited(client.schedules()),
        }
    }

    /// Pauses a flow's schedules on the machine, or lets them go on.
    pub(crate) fn pause(&self, flow: &FlowChoice, paused: bool) -> Result<PauseAnswer, Failure> {
        match self {
            Self::Home(surroundings) => {
                let home = OpenHome::open(surroundings)?;
                let now = Timestamp::now();
                Ok(schedules::pause(surroundings, &home, flow, paused, now)?)
            }
            Self::Server(_, client) => {
                let name = name(flow)?;
                waited(client.pause(&name, paused))
            }
        }
    }

    /// Lets a workspace's schedules and triggers fire on the machine, or no more.
    pub(crate) fn enable(
        &self,
        folder: Option<&Path>,
        enabled: bool,
    ) -> Result<EnabledAnswer, Failure> {
        match self {
            Self::Home(surroundings) => {
                let home = OpenHome::open(surroundings)?;
                Ok(workspaces::enable(surroundings, &home, folder, enabled)?)
            }
            Self::Server(surroundings, client) => {
                let folder = folder.map(|folder| surroundings.path(folder));
                waited(client.enable(folder.as_deref(), enabled))
            }
        }
    }

    /// The next times of a flow, or of an expression.
    pub(crate) fn next_times(
        &self,
        request: &NextRequest,
        now: Timestamp,
    ) -> Result<NextAnswer, Failure> {
        match self {
            Self::Home(surroundings) => Ok(schedules::next(surroundings, request, now)?),
            Self::Server(_, client) => {
                if let NextOf::Flow(flow) = &request.of {
                    name(flow)?;
                }
                waited(client.next_times(request))
            }
        }
    }

    /// Every variable.
    pub(crate) fn variables(&self) -> Result<Variables, Failure> {
        match self {
            Self::Home(surroundings) => listed(surroundings, tables::list_variables),
            Self::Server(_, client) => waited(client.variables()),
        }
    }

    /// Sets a variable, to JSON where the text parses as such.
    pub(crate) fn set_variable(&self, name: &str, text: &str) -> Result<(), Failure> {
        match self {
            Self::Home(surroundings) => {
                tables::set_variable(&OpenHome::open(surroundings)?, name, text)?;
                Ok(())
            }
            Self::Server(_, client) => {
                let value = tables::typed(text);
                waited(client.put("vars", name, &json!({ "value": value })))
            }
        }
    }

    /// Every limit.
    pub(crate) fn limits(&self) -> Result<Limits, Failure> {
        match self {
            Self::Home(surroundings) => listed(surroundings, tables::list_limits),
            Self::Server(_, client) => waited(client.limits()),
        }
    }

    /// Makes a limit, or changes its slots.
    pub(crate) fn set_limit(&self, name: &str, slots: u32) -> Result<(), Failure> {
        match self {
            Self::Home(surroundings) => Ok(tables::set_limit(
                &OpenHome::open(surroundings)?,
                name,
                slots,
            )?),
            Self::Server(_, client) => {
                waited(client.put("limits", name, &json!({ "slots": slots })))
            }
        }
    }

    /// The secrets' names.
    pub(crate) fn secrets(&self) -> Result<SecretNames, Failure> {
        match self {
            Self::Home(surroundings) => listed(surroundings, tables::list_secrets),
            Self::Server(_, client) => waited(client.secrets()),
        }
    }

    /// Keeps a secret.
    pub(crate) fn set_secret(&self, name: &str, value: &str) -> Result<(), Failure> {
        match self {
            Self::Home(surroundings) => Ok(tables::set_secret(
                &OpenHome::open(surroundings)?,
                name,
                value,
            )?),
            Self::Server(_, client) => {
                waited(client.put("secrets", name, &json!({ "value": value })))
            }
        }
    }

    /// Whether all that Tidemill needs is there: here, or on the server's machine.
    pub(crate) fn doctor(&self, now: Timestamp) -> Result<DoctorAnswer, Failure> {
        match self {
            Self::Home(surroundings) => Ok(doctor::doctor(surroundings, now)),
            Self::Server(_, client) => waited(client.doctor()),
        }
    }

    /// Every setting.
    pub(crate) fn settings(&self) -> Result<Settings, Failure> {
        match self {
            Self::Home(surroundings) => {
                let home = OpenHome::open_existing(surroundings)?;
                Ok(settings::list(home.as_ref())?)
            }
            Self::Server(_, client) => waited(client.settings()),
        }
    }

    /// Changes a setting.
    pub(crate) fn set_setting(&self, key: &str, text: &str) -> Result<(), Failure> {
        match self {
            Self::Home(surroundings) => {
                Ok(settings::set(&OpenHome::open(surroundings)?, key, text)?)
            }
            Self::Server(_, client) => {
                waited(client.put("settings", key, &json!({ "value": text })))
            }
        }
    }

    /// Removes an entry of a table.
    pub(crate) fn remove_entry(&self, table: Table, name: &str) -> Result<(), Failure> {
        match self {
            Self::Home(surroundings) => {
                let home = OpenHome::open(surroundings)?;
                Ok(match table {
                    Table::Vars => tables::remove_variable(&home, name),
                    Table::Limits => tables::remove_limit(&home, name),
                    Table::Secrets => tables::remove_secret(&home, name),
                    Table::Settings => settings::remove(&home, name),
                }?)
            }
            Self::Server(_, client) => waited(client.delete(table.path(), name)),
        }
    }
}

/// Writes a run's document as a server sends it.
pub(crate) async fn write_report(
    client: &Client,
    run: &str,
    transitions: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut report = client.report(run, transitions).await?;
    while let Some(piece) = report.next().await? {
        output.write_all(&piece)?;
    }
    output.write_all(b"\n")?;
    Ok(())
}

/// A table of the home.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Table {
    Vars,
    Limits,
    Secrets,
    Settings,
}

impl Table {
    fn path(self) -> &'static str {
        match self {
            Self::Vars => "vars",
            Self::Limits => "limits",
            Self::Secrets => "secrets",
            Self::Settings => "settings",
        }
    }
}

/// Waits for what a server answers.
pub(crate) fn waited<T>(answer: impl Future<Output = Result<T, Error>>) -> Result<T, Failure> {
    Ok(runtime()?.block_on(answer)?)
}

/// A table of the home; as a new one's where there is none.
fn listed<T: Default>(
    surroundings: &Surroundings,
    list: impl FnOnce(&OpenHome) -> Result<T, Error>,
) -> Result<T, Failure> {
    match OpenHome::open_existing(surroundings)? {
        Some(home) => Ok(list(&home)?),
        None => Ok(T::default()),
    }
}

/// The name of a flow: what lies here, the server does not have.
///
/// # Errors
/// Where a file is meant.
pub(crate) fn name(flow: &FlowChoice) -> Result<String, Error> {
    match flow {
        FlowChoice::Name(name) => Ok(name.to_string()),
        FlowChoice::File(file) => Err(Error::Option {
            option: "--server",
            message: format!(
                "{} is a file, and the server knows flows by name",
                file.display()
            ),
            mend: Some("name a flow of the server's workspace".to_owned()),
        }),
    }
}

fn token(text: &str) -> Result<Token, Error> {
    Token::parse(text.trim()).ok_or_else(|| Error::Option {
        option: TOKEN,
        message: "what it holds is no token".to_owned(),
        mend: Some("a token is what stands in the file `token` of the server's home".to_owned()),
    })
}
