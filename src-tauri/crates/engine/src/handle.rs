//! A run that this engine carries, as its caller holds it.

use std::sync::Arc;

use tidemill_flow::Value;
use tidemill_orchestrate::{RunId, State};
use tokio::sync::{mpsc, watch};

use crate::{drive::Word, error::EngineError};

/// How a run stands at its end, or where the engine let go of it.
#[derive(Clone, Debug)]
pub struct RunEnd {
    /// Its state: terminal, unless the engine was closed before.
    pub state: State,
    /// Why, for a person.
    pub message: Option<Arc<str>>,
    /// Its result; null unless it is Completed.
    pub output: Value,
}

/// A run that this engine carries. Dropping it changes nothing.
#[derive(Clone, Debug)]
pub struct RunHandle {
    /// The run's id.
    pub id: RunId,
    /// Its readable name.
    pub name: Arc<str>,
    /// What who started it should know, though it keeps nothing from running.
    pub warning: Option<Arc<str>>,
    pub(crate) words: mpsc::UnboundedSender<Word>,
    pub(crate) end: watch::Receiver<Option<Result<RunEnd, Arc<EngineError>>>>,
}

impl RunHandle {
    /// Waits until the run has ended and its end is flushed, or the engine let go of it.
    ///
    /// An error says why the engine could not go on with it (the store, in
    /// practice): what was recorded stands, and the run is found by recovery.
    pub async fn ended(&self) -> Result<RunEnd, Arc<EngineError>> {
        let mut end = self.end.clone();
        let ended = match end.wait_for(Option::is_some).await {
            Ok(end) => end.clone(),
            Err(_) => None,
        };
        ended.unwrap_or_else(|| Err(Arc::new(EngineError::Closed)))
    }

    /// Cancels the run: what runs is terminated, and killed 5 seconds later.
    /// A run that has ended stays as it is.
    pub fn cancel(&self, reason: &str) {
        self.say(reason, false);
    }

    /// Kills what runs at once, and cancels the run.
    pub fn kill(&self, reason: &str) {
        self.say(reason, true);
    }

    /// Lets go of the run, to be found as after a crash.
    pub(crate) fn let_go(&self) {
        // A run that has just ended needs no word.
        let _ = self.words.send(Word::LetGo);
    }

    /// A run that has ended hears nothing more, and need not.
    fn say(&self, reason: &str, at_once: bool) {
        let _ = self.words.send(Word::Cancel {
            reason: reason.into(),
            at_once,
            asker: None,
        });
    }
}
