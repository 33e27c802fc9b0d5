//! Watches the workspace: whatever changes a flow file or a layout, it is told.
//!
//! The system's notices only wake it: what changed is found by looking, and comparing
//! with what was there before. So notices that are lost, come twice or come in another
//! order do no harm; and where the system gives none (its watches are used up, or the
//! folder is gone), it looks every few seconds.

use std::{
    collections::{BTreeMap, HashSet},
    fs::{self, Metadata},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant, SystemTime},
};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{CreateKind, ModifyKind, RemoveKind},
};
use tokio::sync::watch;

use crate::{
    FlowCatalog, OpenHome, Surroundings,
    catalog::{self, FlowFile},
    file_news::{FileChange, FileEvent, FileKind, FileNews},
    layout,
    workspace::{MARK, is_flow_file},
};

/// How long it must have been quiet until it looks: a save is often several writes.
const QUIET: Duration = Duration::from_millis(40);

/// It looks at the latest after so long, however much goes on.
const LATEST: Duration = Duration::from_millis(400);

/// After a look, no other for so many times as long as it took.
const REST: u32 = 5;

/// Between two looks where the system gives no notices.
const LOOK: Duration = Duration::from_secs(2);

/// How often notices are tried again where there are none.
const AGAIN: Duration = Duration::from_secs(60);

/// A file that was changed so shortly before it was read may have been changed again
/// since, without another time of change.
const TOO_NEW: Duration = Duration::from_secs(2);

/// What wakes it.
enum Wake {
    /// Something may have changed.
    Changed,
    /// This process changed something: it is told at once.
    Own,
    /// A folder that is watched is another one now, or none.
    Moved,
    /// It ends.
    End,
}

/// Says where the process is now: its workspace may become another one.
pub(crate) type Around = Arc<RwLock<Arc<Surroundings>>>;

/// The watch over a workspace. It ends when it is dropped.
pub(crate) struct Watch {
    news: Arc<FileNews>,
    wake: Sender<Wake>,
    began: watch::Receiver<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Begins to watch the workspace whose flows are listed. `notices`: whether the
    /// system is asked for any.
    pub(crate) fn begin(
        surroundings: Around,
        home: OpenHome,
        catalog: Arc<FlowCatalog>,
        notices: bool,
    ) -> Self {
        let news = FileNews::new();
        let (wake, woken) = channel();
        let (begun, began) = watch::channel(false);
        let watcher = Watcher {
            surroundings,
            home,
            catalog,
            news: Arc::clone(&news),
            wake: wake.clone(),
            begun,
            folder: None,
            known: BTreeMap::new(),
            notices: notices.then(Notices::default),
            tried_at: None,
        };
        let thread = std::thread::Builder::new()
            .name("file-watch".to_owned())
            .spawn(move || watcher.run(&woken));
        if let Err(error) = &thread {
            tracing::warn!(%error, "the workspace is not watched");
        }
        Self {
            news,
            wake,
            began,
            thread: thread.ok(),
        }
    }

    /// What is told.
    pub(crate) fn news(&self) -> &Arc<FileNews> {
        &self.news
    }

    /// Says that this process changed files.
    pub(crate) fn own_change(&self) {
        // Once the watch has ended, nobody listens.
        let _told = self.wake.send(Wake::Own);
    }

    /// Waits until it knows what there is, a while at most: what changes from then on
    /// is told.
    pub(crate) async fn begun(&self) {
        let mut began = self.began.clone();
        let patience = Duration::from_secs(5);
        // A watch that ended early tells nothing, and is not waited for.
        let _begun = tokio::time::timeout(patience, began.wait_for(|begun| *begun)).await;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _told = self.wake.send(Wake::End);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the watch over the workspace ended by a panic");
        }
    }
}

/// A file as it was last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    flow: String,
    kind: FileKind,
    version: String,
}

/// What tells that a file is as it was.
#[derive(Clone, Debug)]
struct Known {
    seen: Seen,
    stamp: Option<(SystemTime, u64)>,
}

/// The system's notices of changes in folders.
#[derive(Default)]
struct Notices {
    watcher: Option<RecommendedWatcher>,
    folders: Arc<Mutex<HashSet<PathBuf>>>,
}

/// The thread's own.
struct Watcher {
    surroundings: Around,
    home: OpenHome,
    catalog: Arc<FlowCatalog>,
    news: Arc<FileNews>,
    wake: Sender<Wake>,
    begun: watch::Sender<bool>,
    folder: Option<PathBuf>,
    known: BTreeMap<PathBuf, Known>,
    /// `None`: the system is not asked.
    notices: Option<Notices>,
    /// When notices were last asked for in vain.
    tried_at: Option<Instant>,
}

impl Watcher {
    fn run(mut self, woken: &Receiver<Wake>) {
        self.look(true);
        self.begun.send_replace(true);
        let mut not_before = Instant::now();
        while let Some(moved) = self.wait(woken, not_before) {
            if moved {
                self.forget_notices();
            }
            let started = Instant::now();
            self.look(false);
            not_before = Instant::now() + started.elapsed() * REST;
        }
    }

    /// Waits until it is time to look: whether a folder was moved. `None`: it ends.
    fn wait(&self, woken: &Receiver<Wake>, not_before: Instant) -> Option<bool> {
        let mut next = match self.is_noticed() {
            true => woken.recv().ok()?,
            false => match woken.recv_timeout(LOOK) {
                Ok(wake) => wake,
                Err(RecvTimeoutError::Timeout) => Wake::Own,
                Err(RecvTimeoutError::Disconnected) => return None,
            },
        };
        let latest = Instant::now() + LATEST;
        let (mut moved, mut own) = (false, false);
        loop {
            match next {
                Wake::End => return None,
                Wake::Own => own = true,
                Wake::Moved => moved = true,
                Wake::Changed => {}
            }
            let now = Instant::now();
            let quiet = if own { now } else { latest.min(now + QUIET) };
            let left = quiet.max(not_before).saturating_duration_since(now);
            if left.is_zero() {
                return Some(moved);
            }
            next = match woken.recv_timeout(left) {
                Ok(wake) => wake,
                Err(RecvTimeoutError::Timeout) => return Some(moved),
                Err(RecvTimeoutError::Disconnected) => return None,
            };
        }
    }

    fn is_noticed(&self) -> bool {
        let notices = self.notices.as_ref();
        notices.is_some_and(|notices| notices.watcher.is_some())
    }

    fn forget_notices(&mut self) {
        if let Some(notices) = &mut self.notices {
            *notices = Notices::default();
        }
        self.tried_at = None;
    }

    /// Looks at the files, and tells what changed since the last look.
    fn look(&mut self, is_first: bool) {
        let around = self.surroundings.read();
        let around = Arc::clone(&around.unwrap_or_else(PoisonError::into_inner));
        let folder = match catalog::folder(&around, &self.home) {
            Ok(folder) => folder,
            Err(error) => {
                tracing::warn!(%error, "the workspace to be watched cannot be told");
                return;
            }
        };
        // Files of another workspace are no news of this one.
        let is_another = folder != self.folder && self.folder.is_some() && folder.is_some();
        if folder != self.folder {
            self.forget_notices();
            self.folder = folder;
        }
        let now = self.seen();
        let before = std::mem::replace(&mut self.known, now);
        if !is_first && !is_another {
            self.news.tell(changes(&before, &self.known));
        }
    }

    /// Every file as it is now. Folders that are new are watched before their files
    /// are looked at.
    fn seen(&mut self) -> BTreeMap<PathBuf, Known> {
        let Some(folder) = self.folder.clone() else {
            self.forget_notices();
            return BTreeMap::new();
        };
        loop {
            let Ok((files, mut folders)) = self.catalog.looked_through(&folder) else {
                // It is gone, and may come back.
                self.forget_notices();
                return BTreeMap::new();
            };
            folders.extend([folder.join(MARK), folder.join(MARK).join(layout::FOLDER)]);
            if !self.notice(&folder, &folders) {
                let mut known: BTreeMap<PathBuf, Known> =
                    files.iter().map(|file| flow(file)).collect();
                known.extend(layouts(&folder, &self.known));
                return known;
            }
        }
    }

    /// Asks for notices of these folders: whether any is new.
    fn notice(&mut self, root: &Path, folders: &[PathBuf]) -> bool {
        let is_too_early = self.tried_at.is_some_and(|tried| tried.elapsed() < AGAIN);
        let Some(notices) = self.notices.as_mut().filter(|_| !is_too_early) else {
            return false;
        };
        match notices.ask(&self.wake, root, folders) {
            Ok(any_new) => any_new,
            Err(error) => {
                tracing::warn!(%error, folder = %root.display(),
                    "the system gives no notice of changes: the workspace is looked at every few seconds");
                *notices = Notices::default();
                self.tried_at = Some(Instant::now());
                false
            }
        }
    }
}

impl Notices {
    /// Asks for notices of these folders, and of no others: whether any is new.
    fn ask(
        &mut self,
        wake: &Sender<Wake>,
        root: &Path,
        folders: &[PathBuf],
    ) -> notify::Result<bool> {
        // Elsewhere one watch is over all that is below.
        let (mode, wanted) = match cfg!(target_os = "linux") {
            true => (RecursiveMode::NonRecursive, folders),
            false => (RecursiveMode::Recursive, &[root.to_owned()][..]),
        };
        let watcher = match &mut self.watcher {
            Some(watcher) => watcher,
            none => none.insert(watcher(wake.clone(), root, &self.folders)?),
        };
        let known = lock(&self.folders).clone();
        for gone in known.iter().filter(|known| !wanted.contains(known)) {
            lock(&self.folders).remove(gone);
            // The system lets go of what is no longer there by itself.
            let _let_go = watcher.unwatch(gone);
        }
        let mut any_new = false;
        let new = wanted.iter().filter(|folder| !known.contains(*folder));
        for folder in new.filter(|folder| folder.is_dir()) {
            // It is known first: its end may be noticed before this goes on.
            lock(&self.folders).insert(folder.clone());
            match watcher.watch(folder, mode) {
                Ok(()) => any_new = true,
                Err(error) => {
                    lock(&self.folders).remove(folder);
                    if folder.is_dir() {
                        return Err(error);
                    }
                }
            }
        }
        if !lock(&self.folders).contains(root) {
            // It was there a moment ago: it is looked for until it is again.
            *self = Self::default();
        }
        Ok(any_new)
    }
}

fn lock(folders: &Mutex<HashSet<PathBuf>>) -> MutexGuard<'_, HashSet<PathBuf>> {
    folders.lock().unwrap_or_else(PoisonError::into_inner)
}

fn watcher(
    wake: Sender<Wake>,
    root: &Path,
    folders: &Arc<Mutex<HashSet<PathBuf>>>,
) -> notify::Result<RecommendedWatcher> {
    let (root, folders) = (root.to_owned(), Arc::clone(folders));
    notify::recommended_watcher(move |noticed: notify::Result<Event>| {
        let wakes = match noticed {
            Ok(event) => meaning(&event, &root, &lock(&folders)),
            Err(_) => Some(Wake::Changed),
        };
        if let Some(wakes) = wakes {
            // Once the watch has ended, nobody listens.
            let _told = wake.send(wakes);
        }
    })
}

/// What a notice means: `None`, nothing that is looked at.
fn meaning(event: &Event, root: &Path, folders: &HashSet<PathBuf>) -> Option<Wake> {
    let kind = event.kind;
    if event.need_rescan() {
        return Some(Wake::Changed);
    }
    if matches!(kind, EventKind::Access(_)) {
        return None;
    }
    let leaves = matches!(
        kind,
        EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_))
    );
    if leaves && event.paths.iter().any(|path| folders.contains(path)) {
        return Some(Wake::Moved);
    }
    let mut paths = event.paths.iter();
    paths
        .any(|path| is_looked_at(kind, path, root))
        .then_some(Wake::Changed)
}

fn is_looked_at(kind: EventKind, path: &Path, root: &Path) -> bool {
    let below = path.strip_prefix(root).unwrap_or(path);
    if let Ok(own) = below.strip_prefix(MARK) {
        return own.as_os_str().is_empty() || own.starts_with(layout::FOLDER);
    }
    let name = path.file_name().unwrap_or_default();
    if is_flow_file(path) || name == ".gitignore" {
        return true;
    }
    let is_hidden =
        |part: std::path::Component<'_>| part.as_os_str().as_encoded_bytes().first() == Some(&b'.');
    if below.components().any(is_hidden) {
        return false;
    }
    match kind {
        EventKind::Create(CreateKind::Folder)
        | EventKind::Remove(RemoveKind::Folder | RemoveKind::Any | RemoveKind::Other)
        | EventKind::Any
        | EventKind::Other => true,
        EventKind::Create(_) | EventKind::Modify(ModifyKind::Name(_)) => path.is_dir(),
        EventKind::Remove(RemoveKind::File) | EventKind::Modify(_) | EventKind::Access(_) => false,
    }
}

fn flow(file: &FlowFile) -> (PathBuf, Known) {
    let known = Known {
        seen: Seen {
            flow: file.name.clone(),
            kind: FileKind::Flow,
            version: file.version.clone(),
        },
        stamp: None,
    };
    (file.path.clone(), known)
}

/// The layouts of a workspace; those that are as they were are not read again.
fn layouts(folder: &Path, before: &BTreeMap<PathBuf, Known>) -> Vec<(PathBuf, Known)> {
    let entries = fs::read_dir(folder.join(MARK).join(layout::FOLDER));
    let paths = entries.into_iter().flatten().flatten();
    let paths = paths.map(|entry| entry.path());
    let layouts = paths.filter(|path| path.extension().is_some_and(|end| end == "json"));
    layouts
        .filter_map(|path| Some((path.clone(), layout_file(&path, before.get(&path))?)))
        .collect()
}

fn layout_file(path: &Path, before: Option<&Known>) -> Option<Known> {
    let metadata = path.metadata().ok().filter(Metadata::is_file)?;
    let stamp = metadata.modified().ok().map(|at| (at, metadata.len()));
    if let Some(before) = before.filter(|before| before.stamp.is_some() && before.stamp == stamp) {
        return Some(before.clone());
    }
    let is_old = |at: SystemTime| at.elapsed().is_ok_and(|age| age > TOO_NEW);
    Some(Known {
        seen: Seen {
            flow: path.file_stem()?.to_string_lossy().into_owned(),
            kind: FileKind::Layout,
            version: tidemill_flow::version_of_bytes(&fs::read(path).ok()?),
        },
        stamp: stamp.filter(|(at, _)| is_old(*at)),
    })
}

/// What is told of two looks: what is gone first.
fn changes(before: &BTreeMap<PathBuf, Known>, now: &BTreeMap<PathBuf, Known>) -> Vec<FileEvent> {
    let event = |path: &Path, known: &Known, change| FileEvent {
        flow: known.seen.flow.clone(),
        file: path.to_string_lossy().into_owned(),
        kind: known.seen.kind,
        change,
        version: (change != FileChange::Removed).then(|| known.seen.version.clone()),
    };
    let gone = before.iter().filter(|(path, _)| !now.contains_key(*path));
    let gone = gone.map(|(path, known)| event(path, known, FileChange::Removed));
    let there = now.iter().filter_map(|(path, known)| {
        let change = match before.get(path) {
            None => FileChange::Created,
            Some(before) if before.seen == known.seen => return None,
            Some(_) => FileChange::Modified,
        };
        Some(event(path, known, change))
    });
    gone.chain(there).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file_news::FollowingFiles;

    struct Watched {
        folder: tempfile::TempDir,
        watch: Watch,
        reader: FollowingFiles,
    }

    impl Watched {
        async fn begin(notices: bool) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let root = folder.path().join("work");
            fs::create_dir_all(root.join("deep")).unwrap();
            fs::write(root.join("a.flow.yaml"), "name: a\n").unwrap();
            let surroundings = Surroundings {
                workspace: Some(root),
                ..Surroundings::rooted(folder.path())
            };
            let home = OpenHome::open(&surroundings).unwrap();
            let around = Arc::new(RwLock::new(Arc::new(surroundings)));
            let watch = Watch::begin(around, home, Arc::default(), notices);
            watch.begun().await;
            let reader = watch.news().follow();
            Self {
                folder,
                watch,
                reader,
            }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join("work").join(name)
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        async fn next(&mut self) -> (String, String, FileChange) {
            let next = tokio::time::timeout(Duration::from_secs(20), self.reader.next());
            let event = next.await.expect("an event in time").unwrap();
            let work = self.path("");
            let file = Path::new(&event.file).strip_prefix(work).unwrap();
            let file = file.to_string_lossy().into_owned();
            assert_eq!(event.version.is_none(), event.change == FileChange::Removed);
            (event.flow, file, event.change)
        }

        /// Until a file is told to be so: what is written in parts may be told in parts.
        async fn until(&mut self, file: &str, change: FileChange) -> String {
            loop {
                let (flow, told, how) = self.next().await;
                assert_eq!(told, file);
                if how == change {
                    return flow;
                }
            }
        }
    }

    async fn tells_what_changes(notices: bool) {
        let mut watched = Watched::begin(notices).await;
        watched.write("notes.txt", "no flow");
        watched.write("new/er/b.flow.yaml", "name: bee\n");
        let flow = watched
            .until("new/er/b.flow.yaml", FileChange::Created)
            .await;
        assert!(["bee", "b"].contains(&flow.as_str()), "{flow}");
        watched.write("a.flow.yaml", "name: a\ntasks: { t: { value: 1 } }\n");
        watched.until("a.flow.yaml", FileChange::Modified).await;
        watched.write(".tidemill/layout/a.json", "{}");
        let flow = watched
            .until(".tidemill/layout/a.json", FileChange::Created)
            .await;
        assert_eq!(flow, "a");
        fs::rename(watched.path("new"), watched.path("newer")).unwrap();
        let gone = watched.next().await;
        assert_eq!(
            (gone.1.as_str(), gone.2),
            ("new/er/b.flow.yaml", FileChange::Removed)
        );
        watched
            .until("newer/er/b.flow.yaml", FileChange::Created)
            .await;
        fs::write(watched.path("newer/er/b.flow.yaml"), "name: again\n").unwrap();
        watched
            .until("newer/er/b.flow.yaml", FileChange::Modified)
            .await;
    }

    #[tokio::test]
    async fn what_changes_is_told() {
        tells_what_changes(true).await;
    }

    #[tokio::test]
    async fn what_changes_is_told_without_the_system_s_notices() {
        tells_what_changes(false).await;
    }

    #[tokio::test]
    async fn a_folder_that_goes_and_comes_back_is_watched_again() {
        let mut watched = Watched::begin(true).await;
        fs::remove_dir_all(watched.path("")).unwrap();
        watched.until("a.flow.yaml", FileChange::Removed).await;
        watched.write("a.flow.yaml", "name: a\n");
        watched.until("a.flow.yaml", FileChange::Created).await;
        // Another folder takes its place at once.
        let away = watched.folder.path().join("away");
        fs::rename(watched.path(""), away).unwrap();
        watched.write("c.flow.yaml", "name: c\n");
        let mut told = [watched.next().await.1, watched.next().await.1];
        told.sort();
        assert_eq!(told, ["a.flow.yaml", "c.flow.yaml"]);
        watched.write("c.flow.yaml", "name: see\n");
        watched.until("c.flow.yaml", FileChange::Modified).await;
    }

    #[tokio::test]
    async fn a_change_of_our_own_is_told_at_once() {
        let mut watched = Watched::begin(false).await;
        let began = Instant::now();
        watched.write("own.flow.yaml", "name: own\n");
        watched.watch.own_change();
        let told = watched.next().await;
        assert_eq!((told.0.as_str(), told.2), ("own", FileChange::Created));
        assert!(began.elapsed() < LOOK, "it was not looked for by the clock");
    }

    #[test]
    fn what_is_passed_over_wakes_nobody() {
        use notify::event::DataChange;
        let folders = HashSet::from([PathBuf::from("/w/deep")]);
        let told = |kind, path: &str| {
            let event = Event::new(kind).add_path(PathBuf::from(path));
            meaning(&event, Path::new("/w"), &folders).is_some()
        };
        let data = EventKind::Modify(ModifyKind::Data(DataChange::Any));
        assert!(told(data, "/w/a.flow.yaml"));
        assert!(told(data, "/w/.tidemill/layout/a.json"));
        assert!(told(data, "/w/.gitignore"));
        assert!(told(EventKind::Remove(RemoveKind::Folder), "/w/deep"));
        for path in [
            "/w/a.txt",
            "/w/.tidemill-x.tmp",
            "/w/.git/index",
            "/w/.tidemill/bin/x",
        ] {
            assert!(!told(data, path), "{path}");
        }
        assert!(!told(
            EventKind::Create(CreateKind::Folder),
            "/w/.git/objects"
        ));
    }
}
