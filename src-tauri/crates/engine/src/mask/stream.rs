//! A line that comes in pieces, of which each leaves as soon as no secret can begin in it
//! that ends in the next.

use std::{borrow::Cow, sync::Arc};

use super::{Finder, MARK};

/// Masks one long line, piece by piece. It holds fewer bytes than the longest form has.
#[derive(Debug)]
pub(crate) struct MaskStream {
    finder: Option<Arc<Finder>>,
    held: Vec<u8>,
    /// So many bytes at the beginning of `held` belong to a secret whose mark has left.
    covered: usize,
}

impl MaskStream {
    pub(super) fn new(finder: Option<Arc<Finder>>) -> Self {
        Self {
            finder,
            held: Vec::new(),
            covered: 0,
        }
    }

    /// Takes the next piece, and gives what can leave: of this piece and of earlier ones.
    pub(crate) fn push<'a>(&mut self, piece: &'a [u8]) -> Cow<'a, [u8]> {
        let Some(finder) = self.finder.clone() else {
            return Cow::Borrowed(piece);
        };
        self.held.extend_from_slice(piece);
        let kept = finder.longest - 1;
        let leaving = self.held.len().saturating_sub(kept);
        Cow::Owned(self.release(&finder, leaving))
    }

    /// Ends the line, and gives what was held; the next piece begins a new line.
    pub(crate) fn end(&mut self) -> Vec<u8> {
        match self.finder.clone() {
            Some(finder) => self.release(&finder, self.held.len()),
            None => Vec::new(),
        }
    }

    /// Lets the first `leaving` bytes go, masked.
    fn release(&mut self, finder: &Finder, leaving: usize) -> Vec<u8> {
        let mut masked = Vec::with_capacity(leaving);
        let mut done = 0;
        for place in finder.places(&self.held, self.covered) {
            if place.start >= leaving {
                break;
            }
            masked.extend_from_slice(self.held.get(done..place.start).unwrap_or_default());
            if place.start > 0 || self.covered == 0 {
                masked.extend_from_slice(MARK.as_bytes());
            }
            done = place.end;
        }
        masked.extend_from_slice(self.held.get(done..leaving).unwrap_or_default());
        self.covered = done.saturating_sub(leaving);
        self.held.drain(..leaving);
        masked
    }
}

#[cfg(test)]
mod tests {
    use crate::mask::Mask;

    #[test]
    fn a_stream_holds_less_than_a_secret() {
        let mask = Mask::new(["aaaa"]).unwrap();
        let longest = mask.finder.as_ref().unwrap().longest;
        let mut stream = mask.stream();
        let mut masked = Vec::new();
        for _ in 0..1000 {
            masked.extend_from_slice(&stream.push(b"aaaaaaa"));
            assert!(stream.held.len() < longest);
        }
        masked.extend_from_slice(&stream.end());
        assert_eq!(masked, b"***");
        assert_eq!(stream.push(b"next").as_ref(), b"");
        assert_eq!(stream.end(), b"next");
        assert_eq!(
            Mask::default().stream().push(b"as it is").as_ref(),
            b"as it is"
        );
    }
}
