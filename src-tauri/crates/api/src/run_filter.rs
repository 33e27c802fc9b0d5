//! Which runs are meant: the filters that lists, histograms and the command line
//! share, as they are typed.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use serde::Deserialize;
use tidemill_orchestrate::State;
use tidemill_schedule::{Time, duration};
use tidemill_store::{RunFilter, RunSort};
use utoipa::ToSchema;

use crate::{Error, OpenHome, parameters::split};

/// How many runs a search in logs gives at most.
const SAID_BY: usize = 1_000;

/// How long a search looks through logs.
const LOOKING: Duration = Duration::from_millis(250);

/// Which runs, as typed. The default: all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// Runs of this flow.
    pub flow: Option<String>,
    /// Runs in these states: a type in lower case (`failed` is also TimedOut and
    /// UpstreamFailed), or a name (`Failed`).
    pub states: Vec<String>,
    /// Runs made since: a duration back from now, or a time.
    pub since: Option<String>,
    /// Runs made before: a duration back from now, or a time.
    pub until: Option<String>,
    /// Runs with these parameters, each `name=value`.
    pub parameters: Vec<String>,
    /// Runs whose logs hold all these words.
    pub text: Option<String>,
    /// Only runs that no other run's task started.
    pub top: bool,
}

/// In which order runs are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ListSort {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
    /// Those that took longest first; only runs that have ended.
    Longest,
}

impl ListSort {
    pub(crate) fn in_store(self) -> RunSort {
        match self {
            Self::Newest => RunSort::Newest,
            Self::Oldest => RunSort::Oldest,
            Self::Longest => RunSort::Longest,
        }
    }
}

impl ListFilter {
    /// What the store is asked, and whether that lets all runs through that are meant:
    /// not, where there is more in the logs than a search looks through.
    ///
    /// # Errors
    /// Where something typed is wrong, or the logs cannot be read.
    pub(crate) fn read(
        &self,
        home: Option<&OpenHome>,
        now: Timestamp,
    ) -> Result<(RunFilter, bool), Error> {
        let mut states = Vec::new();
        for text in &self.states {
            states.extend(states_of(text)?);
        }
        let mut parameters = Vec::new();
        for pair in &self.parameters {
            let (name, value) = split(pair).map_err(|message| Error::Option {
                option: "--param",
                message,
                mend: None,
            })?;
            parameters.push((name.to_owned(), value.to_owned()));
        }
        let moment = |option, text: &Option<String>| {
            let text = text.as_deref();
            text.map(|text| moment(option, text, now)).transpose()
        };
        let (among, complete) = match (&self.text, home) {
            (Some(words), Some(home)) => {
                let logs = home.store().logs();
                let found = logs.runs_saying(words, SAID_BY, LOOKING)?;
                (Some(found.runs), found.complete)
            }
            _ => (None, true),
        };
        let filter = RunFilter {
            flow: self.flow.clone(),
            states,
            since: moment("--since", &self.since)?,
            until: moment("--until", &self.until)?,
            parameters,
            top: self.top,
            among,
            ..RunFilter::default()
        };
        Ok((filter, complete))
    }
}

/// The states that a word means: a type's all, or the one of that name.
pub(crate) fn states_of(text: &str) -> Result<Vec<State>, Error> {
    let of_type: Vec<State> = State::ALL
        .iter()
        .copied()
        .filter(|state| state.state_type().name() == text)
        .collect();
    if !of_type.is_empty() {
        return Ok(of_type);
    }
    text.parse().map(|state| vec![state]).map_err(|_| {
        let names = State::ALL.iter().map(|state| state.name());
        let near = crate::workspace::nearest(text, names);
        Error::Option {
            option: "--state",
            message: format!("`{text}` is no state"),
            mend: Some(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "the states are {}",
                    State::ALL
                        .iter()
                        .map(|state| state.name())
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            }),
        }
    })
}

/// The time that a duration back from now, or a time, means.
fn moment(option: &'static str, text: &str, now: Timestamp) -> Result<Timestamp, Error> {
    let wrong = || Error::Option {
        option,
        message: format!("`{text}` is neither a duration nor a time"),
        mend: Some("write it as `2h`, `7d`, `2026-03-29` or `2026-03-29T07:05`".to_owned()),
    };
    if let Ok(back) = duration::parse(text) {
        return now.checked_sub(back).map_err(|_| wrong());
    }
    let time = Time::parse(text).map_err(|_| wrong())?;
    Ok(time.instant(&TimeZone::system()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_s_word_is_a_type_or_a_name() {
        let states = |text: &str| states_of(text).unwrap();
        assert_eq!(
            states("failed"),
            [State::Failed, State::TimedOut, State::UpstreamFailed]
        );
        assert_eq!(states("Failed"), [State::Failed]);
        assert_eq!(states("timed_out"), [State::TimedOut]);
        assert_eq!(states("completed"), [State::Completed, State::Cached]);
        let error = states_of("Compleated").unwrap_err();
        assert_eq!(error.hint().as_deref(), Some("did you mean `Completed`?"));
    }

    #[test]
    fn since_is_a_duration_or_a_time() {
        let now: Timestamp = "2026-03-29T12:00:00Z".parse().unwrap();
        assert_eq!(
            moment("--since", "2h", now).unwrap().to_string(),
            "2026-03-29T10:00:00Z"
        );
        let at = moment("--since", "2026-03-01T00:00:00Z", now).unwrap();
        assert_eq!(at.to_string(), "2026-03-01T00:00:00Z");
        assert!(moment("--since", "yesterday", now).is_err());
    }
}
