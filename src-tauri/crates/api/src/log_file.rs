//! The engine's own diagnostics: on standard error where they were asked for,
//! and in one file of the home that never grows past a bound.
//!
//! Nothing is opened and no thread is started until there is something to write.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{
    Layer, filter::Targets, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt,
};

/// The file in the home.
const NAME: &str = "tidemill.log";

/// A file larger than this becomes `tidemill.log.1`, in the place of the one before.
const LARGEST: u64 = 4 << 20;

/// Lines that wait to be written; what comes while they do is dropped.
const WAITING: usize = 4_096;

/// Keeps the diagnostics going; dropping it writes what still waits.
#[derive(Debug)]
pub struct Diagnostics {
    file: LazyFile,
}

impl Drop for Diagnostics {
    fn drop(&mut self) {
        self.file.close();
    }
}

/// Begins to take in the engine's diagnostics: those of `level` and above where
/// one was asked for, on standard error too, with `colour` if that can show it; else
/// warnings, in the file only.
pub fn begin(home: &Path, level: Option<&str>, colour: bool) -> Diagnostics {
    let file = LazyFile {
        shared: Arc::new(Shared {
            path: home.join(NAME),
            writer: OnceLock::new(),
            guard: Mutex::new(None),
        }),
    };
    // The levels are declared with the flag: nothing else comes here.
    let own = level
        .and_then(|level| level.parse().ok())
        .unwrap_or(LevelFilter::WARN);
    let chosen = || {
        Targets::new()
            .with_default(own.min(LevelFilter::WARN))
            .with_target("tidemill", own)
    };
    let in_file = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(file.clone())
        .with_filter(chosen());
    let shown = level.map(|_| {
        tracing_subscriber::fmt::layer()
            .with_ansi(colour)
            .with_writer(io::stderr)
            .with_filter(chosen())
    });
    // It fails only where there is one already, which takes them in then.
    let _ = tracing_subscriber::registry()
        .with(in_file)
        .with(shown)
        .try_init();
    Diagnostics { file }
}

/// A file that is opened when something is written to it.
#[derive(Clone, Debug)]
struct LazyFile {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    writer: OnceLock<NonBlocking>,
    guard: Mutex<Option<WorkerGuard>>,
}

impl LazyFile {
    fn writer(&self) -> NonBlocking {
        let open = || {
            let file = RotatingFile::new(self.shared.path.clone());
            let (writer, guard) = NonBlockingBuilder::default()
                .buffered_lines_limit(WAITING)
                .thread_name("diagnostics")
                .finish(file);
            let mut kept = self
                .shared
                .guard
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            *kept = Some(guard);
            writer
        };
        self.shared.writer.get_or_init(open).clone()
    }

    fn close(&self) {
        let mut kept = self
            .shared
            .guard
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // Dropping the guard writes what waits.
        drop(kept.take());
    }
}

impl<'w> MakeWriter<'w> for LazyFile {
    type Writer = NonBlocking;

    fn make_writer(&'w self) -> NonBlocking {
        self.writer()
    }
}

/// A file that makes place for a new one when it is large.
#[derive(Debug)]
struct RotatingFile {
    path: PathBuf,
    open: Option<(File, u64)>,
}

impl RotatingFile {
    fn new(path: PathBuf) -> Self {
        Self { path, open: None }
    }

    fn open(&mut self) -> io::Result<&mut (File, u64)> {
        if self.open.as_ref().is_some_and(|(_, size)| *size >= LARGEST) {
            self.open = None;
            fs::rename(&self.path, self.path.with_extension("log.1"))?;
        }
        if self.open.is_none() {
            let mut options = OpenOptions::new();
            let file = options.append(true).create(true).open(&self.path)?;
            let size = file.metadata()?.len();
            self.open = Some((file, size));
        }
        self.open
            .as_mut()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Write for RotatingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (file, size) = self.open()?;
        let written = file.write(bytes)?;
        *size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.open {
            Some((file, _)) => file.flush(),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_made_when_something_is_written_and_never_grows_past_its_bound() {
        let folder = std::env::temp_dir().join(format!("tidemill-log-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join(NAME);
        let mut file = RotatingFile::new(path.clone());
        assert!(!path.exists());
        let chunk = vec![b'x'; 1 << 20];
        for _ in 0..11 {
            file.write_all(&chunk).unwrap();
        }
        let size = |path: &Path| fs::metadata(path).unwrap().len();
        assert_eq!(size(&path), 3 << 20);
        assert_eq!(size(&folder.join("tidemill.log.1")), 4 << 20);
        fs::remove_dir_all(&folder).unwrap();
    }
}
