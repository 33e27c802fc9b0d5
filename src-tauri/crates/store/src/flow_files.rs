//! What the store keeps of flow files beside runs: the versions that were saved, and
//! drafts of what is not saved yet.

use jiff::Timestamp;

use crate::{
    Draft, Reader, Receipt, SavedVersion, StoreError, Writer,
    tables::{draft, pin, saved_version, schedule},
};

impl Writer {
    /// Keeps what a flow file is saved as, by content, and the newest `kept` of its
    /// saved versions. Versions that runs had stay whatever their number.
    pub fn keep_version(
        &self,
        workspace: String,
        flow: String,
        bytes: Vec<u8>,
        at: Timestamp,
        kept: usize,
    ) -> Receipt {
        self.call(move |session| {
            let of = (workspace.as_str(), flow.as_str());
            Ok(saved_version::keep(
                &session.connection,
                of,
                &bytes,
                at,
                kept,
            )?)
        })
    }

    /// Gives a flow's saved versions, its pins and what became of its schedules' times to
    /// its new name. Its runs keep theirs.
    pub fn rename_flow(&self, workspace: String, from: String, to: String) -> Receipt {
        self.call(move |session| {
            let connection = &session.connection;
            saved_version::rename(connection, &workspace, &from, &to)?;
            schedule::rename(connection, &workspace, &from, &to)?;
            Ok(pin::rename(connection, &workspace, &from, &to)?)
        })
    }

    /// Keeps a draft in place of what was kept for its file.
    pub fn keep_draft(&self, kept: Draft) -> Receipt {
        self.call(move |session| Ok(draft::set(&session.connection, &kept)?))
    }

    /// Removes the draft of a file. Answers whether it was there.
    pub fn remove_draft(&self, workspace: String, file: String) -> Receipt<bool> {
        self.call(move |session| Ok(draft::remove(&session.connection, &workspace, &file)?))
    }
}

impl Reader {
    /// A flow's saved versions, newest first.
    pub fn saved_versions(
        &self,
        workspace: &str,
        flow: &str,
    ) -> Result<Vec<SavedVersion>, StoreError> {
        self.read(|connection, _| Ok(saved_version::list(connection, workspace, flow)?))
    }

    /// The draft of a file.
    pub fn draft(&self, workspace: &str, file: &str) -> Result<Option<Draft>, StoreError> {
        self.read(|connection, _| Ok(draft::one(connection, workspace, file)?))
    }

    /// The drafts of a workspace, by file.
    pub fn drafts(&self, workspace: &str) -> Result<Vec<Draft>, StoreError> {
        self.read(|connection, _| Ok(draft::list(connection, workspace)?))
    }
}
