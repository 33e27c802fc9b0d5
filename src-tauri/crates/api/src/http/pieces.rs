//! Bodies that are written while they are sent: a slow reader slows the writing, and
//! nothing is held but a few pieces.

use std::io::{self, BufWriter, Write};

use axum::body::{Body, Bytes};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// Bytes that are handed on together.
const PIECE: usize = 64 * 1024;

/// Pieces that wait for a slow reader.
const PIECES: usize = 4;

/// A body that `write` writes, on a thread that may block. Where it fails the body
/// breaks off, so that nobody takes the part for the whole.
pub(crate) fn body(write: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static) -> Body {
    let (sender, receiver) = mpsc::channel(PIECES);
    let failed = sender.clone();
    tokio::task::spawn_blocking(move || {
        let mut pieces = BufWriter::with_capacity(PIECE, Pieces(sender));
        let written = write(&mut pieces).and_then(|()| pieces.flush());
        if let Err(error) = written {
            if error.kind() != io::ErrorKind::BrokenPipe {
                tracing::warn!(%error, "an answer breaks off");
            }
            // A reader that went away hears nothing.
            let _unheard = failed.blocking_send(Err(error));
        }
    });
    Body::from_stream(ReceiverStream::new(receiver))
}

/// Hands on what is written, and waits where the reader is slow.
struct Pieces(mpsc::Sender<io::Result<Bytes>>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .blocking_send(Ok(Bytes::copy_from_slice(bytes)))
            .map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
