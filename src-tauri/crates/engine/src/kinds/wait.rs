//! `wait` for a file. Waits for a time are timers of the run, and take no attempt.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tidemill_flow::{Scope, Value, template::Template};
use tidemill_orchestrate::{Failure, FailureKind};

use super::unevaluated;

/// How often the file is looked for.
const LOOK: Duration = Duration::from_millis(250);

/// Waits until the file is there. A relative path is one in `folder`.
pub(crate) async fn run(
    file: &Template,
    scope: &Arc<Scope>,
    folder: &std::path::Path,
) -> Result<Value, Failure> {
    let path = folder.join(file
        .render(scope)
        .map_err(|error| unevaluated("wait.file", &error))?);
    loop {
        if is_there(path.clone()).await? {
            return Ok(Value::from(()));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Whether anything stands at the path. A folder that cannot be searched fails
/// the task: waiting would not help.
async fn is_there(path: PathBuf) -> Result<bool, Failure> {
    match tokio::fs::try_exists(&path).await {
        Ok(there) => Ok(there),
        Err(error) => Err(Failure::new(
            FailureKind::Start,
            format!("cannot look for {}: {error}", path.display()),
        )),
    }
}
