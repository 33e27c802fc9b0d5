//! What a verb can refuse, as one enum: what kind of fault, and what to do about it.

use std::{io, path::PathBuf, sync::Arc};

use tidemill_engine::{EngineError, process::ProcessError};
use tidemill_flow::{FlowName, NameError, mentions::RenameError, paused::PauseError};
use tidemill_orchestrate::TrialError;
use tidemill_store::StoreError;

use crate::{
    answers::{ChangedFile, FileDiagnostics, FlowCaller},
    client::ServerError,
    workspace,
};

/// Whose fault an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The call, the flow file or the parameters are wrong; nothing was started.
    Call,
    /// Tidemill itself could not go on: the store, the disk.
    System,
}

/// Why a verb was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The current folder cannot be had.
    #[error("the current folder cannot be read: {0}")]
    CurrentFolder(#[source] io::Error),
    /// The program does not know where it lies.
    #[error("the path of the tidemill program itself cannot be read: {0}")]
    Program(#[source] io::Error),
    /// The platform names no data directory.
    #[error("no home: neither TIDEMILL_HOME nor HOME is set")]
    NoHome,
    /// Another process holds the home's lock.
    #[error("{}: another Tidemill serves this home already: {holder}", home.display())]
    HomeServed {
        /// The home.
        home: PathBuf,
        /// Which process, and where it listens.
        holder: String,
        /// What to do about it.
        mend: String,
    },
    /// The folder's lock could not be taken for another reason.
    #[error("{}: {cause}", path.display())]
    Lock {
        /// The lock's file.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// Something else stands where the home should be.
    #[error("the home {} is no folder", .0.display())]
    HomeIsNoFolder(PathBuf),
    /// The named workspace is not there.
    #[error("workspace {}: no such folder", .0.display())]
    NoWorkspace(PathBuf),
    /// What was typed is neither a file nor a flow's name.
    #[error("`{text}` is no flow: {cause}")]
    FlowName {
        /// What was typed.
        text: String,
        /// Why it is no name.
        cause: NameError,
    },
    /// What was typed is no name of a variable, secret or limit.
    #[error("`{text}` is no name of a {noun}: {cause}")]
    Name {
        /// What it should name.
        noun: &'static str,
        /// What was typed.
        text: String,
        /// Why it is no name.
        cause: NameError,
    },
    /// No flow of the workspace has this name.
    #[error("no flow `{name}` in {}", workspace.display())]
    NoFlow {
        /// The name.
        name: FlowName,
        /// Where it was looked for.
        workspace: PathBuf,
        /// The nearest name there.
        near: Option<String>,
        /// The names there.
        known: Vec<String>,
    },
    /// There is no workspace to look a name up in.
    #[error("no flow `{name}`: {} holds no flow files, and the home remembers no workspace that has it", directory.display())]
    NowhereToLook {
        /// The name.
        name: FlowName,
        /// The current folder.
        directory: PathBuf,
    },
    /// A run is meant, and a flow was named.
    #[error("no run is called `{flow}`: it is a flow")]
    FlowInsteadOfRun {
        /// The flow.
        flow: String,
        /// The name of its newest run.
        newest: String,
    },
    /// More than one file of the workspace has this name.
    #[error("several files are called `{name}`: {}", listed(files))]
    SeveralFlows {
        /// The name.
        name: FlowName,
        /// The files.
        files: Vec<PathBuf>,
    },
    /// A file or folder cannot be read.
    #[error("{}: {cause}", path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// A file or folder cannot be written.
    #[error("{}: {cause}", path.display())]
    Write {
        /// Which one.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// The flow file has mistakes.
    #[error("{}: {}", .0.path.display(), mistakes(.0))]
    Mistakes(Box<FileDiagnostics>),
    /// Parameters, or the fields of an approval, are wrong: all that is.
    #[error("{}", .0.join("\n"))]
    Parameters(Vec<String>),
    /// What was entered does not fit what an approval asks for.
    #[error("the answer does not fit what `{task}` asks for: {}", mistakes.join("; "))]
    Fields {
        /// The task that asks.
        task: String,
        /// All that is wrong.
        mistakes: Vec<String>,
    },
    /// The flow is right, but cannot run here: all that is in its way.
    #[error("{}: the flow cannot run here", .0.path.display())]
    Hindered(Box<FileDiagnostics>),
    /// A file of parameters is none.
    #[error("{}: {message}", path.display())]
    ParametersFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        message: String,
    },
    /// A value of an option is wrong.
    #[error("{option}: {message}")]
    Option {
        /// The option, as it is typed.
        option: &'static str,
        /// What is wrong with its value.
        message: String,
        /// What to write instead.
        mend: Option<String>,
    },
    /// A run has no task that is meant.
    #[error("run {run} has no task `{task}`")]
    NoTask {
        /// The run's name.
        run: String,
        /// What was typed.
        task: String,
        /// The nearest task.
        near: Option<String>,
    },
    /// No task of a run waits for a person, or not the one that was named.
    #[error("{0}")]
    NoQuestion(String),
    /// Something else stands where a file was to be written.
    #[error("{} is there already, and stays as it is", .0.display())]
    Exists(PathBuf),
    /// The file is no longer what the text was derived from.
    #[error("{}: the file was changed elsewhere", .0.file)]
    ChangedElsewhere(Box<ChangedFile>),
    /// A path leads out of the workspace.
    #[error("{}: this is not inside the workspace {}", path.display(), workspace.display())]
    Outside {
        /// The path, as it was given.
        path: PathBuf,
        /// The workspace.
        workspace: PathBuf,
    },
    /// No flow file can be at a path.
    #[error("{}: no flow file can be there: {message}", path.display())]
    FlowPath {
        /// The path, as it was given.
        path: PathBuf,
        /// Why not.
        message: &'static str,
    },
    /// Another flow of the workspace has the name.
    #[error("flow `{name}` is there already, in {}", file.display())]
    FlowExists {
        /// The name.
        name: FlowName,
        /// Its file.
        file: PathBuf,
    },
    /// Other flows need a flow that was to be removed.
    #[error("flow `{name}` is needed by {}", needing(.callers))]
    Needed {
        /// The flow.
        name: String,
        /// Who needs it.
        callers: Vec<FlowCaller>,
    },
    /// A name in a file cannot be changed by itself.
    #[error("{}: {cause}", file.display())]
    NameInFile {
        /// The file.
        file: PathBuf,
        /// Which name, and where.
        cause: RenameError,
    },
    /// What starts a flow by itself cannot be paused in a copy's text.
    #[error("{}: {cause}", file.display())]
    PauseInFile {
        /// The file.
        file: PathBuf,
        /// What of it, and where.
        cause: PauseError,
    },
    /// A file has no name that could be changed.
    #[error("{}: the file has no `name` that could be changed", .0.display())]
    Nameless(PathBuf),
    /// Positions and notes are not as they may be: all that is.
    #[error("the layout does not fit: {}", .0.join("; "))]
    Layout(Vec<String>),
    /// What was begun could not be undone after a part of it failed.
    #[error("{cause}; and it could not be undone: {}", left.join("; "))]
    HalfDone {
        /// Why a part failed.
        cause: Box<Error>,
        /// What is left as it should not be.
        left: Vec<String>,
    },
    /// No example is called so.
    #[error("no example `{name}`")]
    NoExample {
        /// What was typed.
        name: String,
        /// The examples' names.
        known: Vec<&'static str>,
    },
    /// No setting is called so.
    #[error("no setting `{key}`")]
    NoSetting {
        /// What was typed.
        key: String,
        /// The nearest.
        near: Option<String>,
    },
    /// What was to be removed is not there.
    #[error("no {noun} `{name}`")]
    Nothing {
        /// What it is.
        noun: &'static str,
        /// What was typed.
        name: String,
    },
    /// A server that was asked.
    #[error(transparent)]
    Server(ServerError),
    /// The process is ending, and takes no new work.
    #[error("Tidemill is closing, and starts nothing any more")]
    Closing,
    /// A request's key stands for another request.
    #[error("the key `{0}` stands for a request that asked for something else")]
    KeyTaken(String),
    /// As many of them are open as there may be.
    #[error("too many {0} are open")]
    TooMany(&'static str),
    /// The run is not in a state that allows it.
    #[error("{0}")]
    Refused(String),
    /// A part of a flow cannot be tried.
    #[error(transparent)]
    Trial(#[from] TrialError),
    /// A command could not be started.
    #[error("{0}")]
    Command(ProcessError),
    /// A run could not be carried on.
    #[error("the run could not be carried on: {0}")]
    Lost(Arc<EngineError>),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Error {
    /// Whose fault it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::CurrentFolder(_)
            | Self::Program(_)
            | Self::HomeIsNoFolder(_)
            | Self::HalfDone { .. }
            | Self::Lock { .. } => ErrorKind::System,
            Self::Server(error) if error.is_system() => ErrorKind::System,
            Self::Store(error) => store_kind(error),
            Self::Engine(error) => engine_kind(error),
            Self::Lost(error) => engine_kind(error),
            _ => ErrorKind::Call,
        }
    }

    /// Whether a command is not there at all.
    pub fn is_command_not_found(&self) -> bool {
        matches!(self, Self::Command(ProcessError::NotFound { .. }))
    }

    /// Of a flow file: all that is wrong with it.
    pub fn diagnostics(&self) -> Option<&FileDiagnostics> {
        match self {
            Self::Mistakes(file)
            | Self::Hindered(file)
            | Self::Server(ServerError::Refused {
                file: Some(file), ..
            }) => Some(file),
            _ => None,
        }
    }

    /// What to do about it, where the message does not say so itself.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoHome | Self::HomeIsNoFolder(_) => {
                Some("give a folder with --home DIR".to_owned())
            }
            Self::NoFlow {
                near: None, known, ..
            } if !known.is_empty() => Some(format!(
                "its flows are {}; give a path for a file elsewhere",
                enumerated(known)
            )),
            Self::NoFlow { near: None, .. } | Self::NowhereToLook { .. } => Some(format!(
                "give a path to its file, or the folder that holds it with --workspace DIR; \
                 `tidemill new` writes a flow, and a workspace's flow files end in `{}`",
                workspace::SUFFIX
            )),
            Self::FlowInsteadOfRun { flow, newest } => Some(format!(
                "its newest run is {newest}; `tidemill runs --flow {flow}` lists them all"
            )),
            Self::SeveralFlows { .. } => {
                Some("give the path of the one that you mean, and rename the others".to_owned())
            }
            Self::FlowName { text, .. } if text.ends_with(".yml") => {
                Some("flow files end in `.flow.yaml`: rename it".to_owned())
            }
            Self::FlowName { .. } => {
                Some("a file is meant where it has a path separator or ends in `.yaml`".to_owned())
            }
            Self::NoFlow {
                near: Some(near), ..
            }
            | Self::NoTask {
                near: Some(near), ..
            }
            | Self::NoSetting {
                near: Some(near), ..
            } => Some(format!("did you mean `{near}`?")),
            Self::NoSetting { near: None, .. } => Some("`tidemill settings` lists them".to_owned()),
            Self::Command(ProcessError::NotFound { program }) => {
                let line = program.to_string_lossy();
                let is_shell_line = line.contains(char::is_whitespace);
                let quoted = line.replace('\'', r"'\''");
                is_shell_line.then(|| {
                    format!("a line for the shell needs one: tidemill exec -- sh -c '{quoted}'")
                })
            }
            Self::Option { mend, .. } => mend.clone(),
            Self::HomeServed { mend, .. } => Some(mend.clone()),
            Self::Server(error) => error.hint(),
            Self::Fields { .. } => Some("enter each field with --field name=value".to_owned()),
            Self::NoExample { known, .. } => Some(format!("there are: {}", known.join(", "))),
            Self::ChangedElsewhere(_) => Some(
                "compare both texts, and save again with the file's present version as the base"
                    .to_owned(),
            ),
            Self::Outside { .. } => {
                Some("give a path below the workspace, or edit the file where it lies".to_owned())
            }
            Self::FlowPath { .. } => Some(format!(
                "give a path below the workspace whose last part ends in `{}`",
                workspace::SUFFIX
            )),
            Self::FlowExists { .. } => Some("choose another name".to_owned()),
            Self::Needed { .. } => Some(
                "change what they run first, or remove it all the same with `force=true`"
                    .to_owned(),
            ),
            Self::NameInFile { .. } => {
                Some("write the name as it is, without escapes, and try again".to_owned())
            }
            Self::PauseInFile { .. } => Some(
                "write each schedule and trigger as a mapping of its own, and try again".to_owned(),
            ),
            Self::Nameless(_) => Some("mend the file first: `name: …` on its top level".to_owned()),
            Self::Exists(_) => Some("choose another name, or remove the file first".to_owned()),
            _ => None,
        }
    }
}

fn store_kind(error: &StoreError) -> ErrorKind {
    match error {
        StoreError::NoRun(_)
        | StoreError::AmbiguousRun { .. }
        | StoreError::RunOwned { .. }
        | StoreError::NoLimit(_)
        | StoreError::Cursor(_)
        | StoreError::Secrets {
            cause: tidemill_store::SecretsFault::TooShort,
            ..
        } => ErrorKind::Call,
        _ => ErrorKind::System,
    }
}

fn engine_kind(error: &EngineError) -> ErrorKind {
    match error {
        EngineError::Store(error) => store_kind(error),
        EngineError::Hindered { .. }
        | EngineError::RecordedCommand { .. }
        | EngineError::Owned { .. }
        | EngineError::RunEnded { .. }
        | EngineError::NotAsked { .. }
        | EngineError::SeveralAsked { .. }
        | EngineError::Fields { .. }
        | EngineError::Refused(_) => ErrorKind::Call,
        _ => ErrorKind::System,
    }
}

/// The first of a list of names.
fn enumerated(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn needing(callers: &[FlowCaller]) -> String {
    let names: Vec<String> = callers.iter().map(|caller| caller.flow.clone()).collect();
    enumerated(&names)
}

fn listed(files: &[PathBuf]) -> String {
    let files: Vec<String> = files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    files.join(" and ")
}

fn mistakes(file: &FileDiagnostics) -> String {
    match file.errors() {
        1 => "the flow file has a mistake".to_owned(),
        count => format!("the flow file has {count} mistakes"),
    }
}
