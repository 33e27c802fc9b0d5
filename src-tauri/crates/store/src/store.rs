//! A home's store, opened: the doors to writing and reading.

use std::{
    path::Path,
    sync::{Arc, PoisonError},
};

use crate::{
    Commit, Home, Owner, Reader, Secrets, StoreError, Writer, logs::Logs, migrations::Database,
    reader::Readers, writer::WriterThread,
};

/// A home's store. Dropping it writes and flushes what waits.
pub struct Store {
    home: Home,
    readers: Arc<Readers>,
    thread: Arc<WriterThread>,
    writer: Writer,
    logs: Logs,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Store")
            .field("home", &self.home)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the store of the home at `path`. Makes both where there are none, and
    /// brings an older store to this version after a copy to `backups/`. Refused,
    /// with nothing changed: a newer store ([`StoreError::Newer`]), and a file that
    /// is no store ([`StoreError::Corrupt`]).
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let home = Home::new(path);
        home.make()?;
        let first = Database::state(&home).open()?;
        let thread = Arc::new(WriterThread::new(home.clone()));
        Ok(Self {
            readers: Arc::new(Readers::new(home.clone(), first)),
            writer: Writer::new(Arc::clone(&thread)),
            logs: Logs::new(&home),
            thread,
            home,
        })
    }

    /// Where everything lies.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Whether a process that carries something of this home still runs.
    pub fn is_alive(&self, owner: Owner) -> bool {
        owner.is_alive(&self.home)
    }

    /// The one door of writes.
    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// A connection for reading, for one thread.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        self.readers.reader()
    }

    /// The logs. Their database is opened when it is first needed.
    pub fn logs(&self) -> &Logs {
        &self.logs
    }

    /// The secrets.
    pub fn secrets(&self) -> Secrets {
        Secrets::new(&self.home)
    }

    /// Calls `observer` after each commit of this process that holds transitions, in
    /// order, before the receipts are told. It runs on the writer's thread: it must
    /// be quick, and must not write to the store.
    pub fn observe(&self, observer: impl Fn(&Commit<'_>) + Send + Sync + 'static) {
        self.thread
            .observers
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Box::new(observer));
    }

    /// Commits and flushes what waits. What is written afterwards is refused with
    /// [`StoreError::Closed`].
    pub fn close(&self) {
        self.logs.close();
        self.thread.close();
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}
