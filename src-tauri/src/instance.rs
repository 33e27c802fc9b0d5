//! One app for one home. The first start holds a lock in the home and listens on a
//! socket; each later one hands over what it was asked, and ends.
//!
//! Both lie with the home and need no message bus, so two homes have two apps, and
//! one home has one also where no bus is running.

use std::{
    fs::{File, TryLockError},
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::{
        fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::arguments::Call;

/// The lock; it says where the socket is.
const LOCK: &str = "studio.lock";
const SOCKET: &str = "studio.sock";

/// A call is a short line; nothing longer is read.
const LONGEST: u64 = 64 << 10;

/// The app that is there answers at once, unless it starts or ends this moment.
const PATIENCE: Duration = Duration::from_secs(5);
const BEAT: Duration = Duration::from_millis(20);

/// What became of a start.
pub(crate) enum Start {
    /// This is the home's app.
    First(Instance),
    /// The home's app is another process, which has taken the call.
    Handed,
}

/// The right to be the home's app; lasts as long as the value.
pub(crate) struct Instance {
    /// Locked while it is open.
    _lock: File,
    listener: UnixListener,
    socket: PathBuf,
}

/// Becomes the app of `home`, or hands `call` to the one that is there.
///
/// # Errors
/// Where the home cannot be written, or the app that is there does not answer.
pub(crate) fn begin(home: &Path, call: &Call) -> io::Result<Start> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(home)?;
    let started = Instant::now();
    loop {
        let mut lock = std::fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(home.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => return first(home, lock).map(Start::First),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let mut place = String::new();
        lock.read_to_string(&mut place)?;
        match hand_over(Path::new(place.trim_end()), call) {
            Ok(()) => return Ok(Start::Handed),
            // It has not begun to listen, or has just ended.
            Err(_) if started.elapsed() < PATIENCE => std::thread::sleep(BEAT),
            Err(error) => return Err(error),
        }
    }
}

fn first(home: &Path, mut lock: File) -> io::Result<Instance> {
    let (listener, socket) = listen(home)?;
    lock.set_len(0)?;
    writeln!(lock, "{}", socket.display())?;
    lock.flush()?;
    Ok(Instance {
        _lock: lock,
        listener,
        socket,
    })
}

/// A socket in the home, or, where the system finds that path too long, in a folder
/// of this user's own.
fn listen(home: &Path) -> io::Result<(UnixListener, PathBuf)> {
    let path = home.join(SOCKET);
    // The lock is held: whoever made this one is gone.
    remove(&path);
    let bound = match UnixListener::bind(&path) {
        Ok(listener) => (listener, path),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            let folder = own_folder();
            std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
            let path = folder.join(SOCKET);
            (UnixListener::bind(&path)?, path)
        }
        Err(error) => return Err(error),
    };
    std::fs::set_permissions(&bound.1, std::fs::Permissions::from_mode(0o600))?;
    Ok(bound)
}

fn hand_over(socket: &Path, call: &Call) -> io::Result<()> {
    let stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut text = serde_json::to_vec(call)?;
    text.push(b'\n');
    (&stream).write_all(&text)?;
    let mut answer = String::new();
    BufReader::new(stream.take(LONGEST)).read_line(&mut answer)?;
    match answer.as_str() {
        "taken\n" => Ok(()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

impl Instance {
    /// Takes calls until the process ends, each given to `take`, on a thread of its own.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub(crate) fn serve(&self, take: impl Fn(Call) + Send + 'static) -> io::Result<()> {
        let listener = self.listener.try_clone()?;
        std::thread::Builder::new()
            .name("instance".to_owned())
            .spawn(move || {
                for stream in listener.incoming().flatten() {
                    // Who called sees that nothing was taken, and says so.
                    if let Err(error) = answer(&stream, &take) {
                        tracing::warn!(%error, "a second start could not hand over");
                    }
                }
            })?;
        Ok(())
    }
}

fn answer(mut stream: &UnixStream, take: &impl Fn(Call)) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new(stream.take(LONGEST)).read_line(&mut line)?;
    take(serde_json::from_str(&line)?);
    stream.write_all(b"taken\n")
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Instance {
    /// Takes no more calls. For an end that drops nothing.
    pub(crate) fn leave(&self) {
        remove(&self.socket);
        if let Some(folder) = self.socket.parent()
            && folder == own_folder()
        {
            // A folder that stays is empty and harmless.
            let _ = std::fs::remove_dir(folder);
        }
    }
}

/// Where the socket is when the home's path is too long for one.
fn own_folder() -> PathBuf {
    std::env::temp_dir().join(format!("tidemill-{}", std::process::id()))
}

fn remove(path: &Path) {
    // It may be gone already; a socket that stays is harmless.
    let _ = std::fs::remove_file(path);
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn call(show: &str) -> Call {
        Call {
            window: true,
            workspace: None,
            show: Some(show.to_owned()),
        }
    }

    fn first(home: &Path) -> Instance {
        match begin(home, &call("first")).unwrap() {
            Start::First(instance) => instance,
            Start::Handed => panic!("nobody is there to hand over to"),
        }
    }

    #[test]
    fn a_second_start_hands_over_and_a_third_after_the_end_is_first_again() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        let instance = first(&home);
        let (sender, taken) = mpsc::channel();
        instance
            .serve(move |call| sender.send(call).unwrap())
            .unwrap();
        assert!(matches!(
            begin(&home, &call("second")).unwrap(),
            Start::Handed
        ));
        assert_eq!(taken.recv().unwrap(), call("second"));
        drop(instance);
        first(&home);
    }

    #[test]
    fn a_long_path_has_its_socket_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("long".repeat(40));
        let instance = first(&home);
        instance.serve(|_| ()).unwrap();
        assert!(matches!(
            begin(&home, &call("second")).unwrap(),
            Start::Handed
        ));
        assert!(!instance.socket.starts_with(&home));
        let elsewhere = instance.socket.clone();
        drop(instance);
        assert!(!elsewhere.parent().unwrap().exists());
    }

    #[test]
    fn what_a_killed_app_left_behind_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path();
        std::fs::write(
            home.join(LOCK),
            home.join(SOCKET).to_string_lossy().as_bytes(),
        )
        .unwrap();
        drop(UnixListener::bind(home.join(SOCKET)).unwrap());
        first(home);
    }
}
