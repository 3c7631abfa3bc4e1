//! Steps of signing, in a process that holds neither keys nor network.

use super::{
    ReadError, Readers,
    readers::unexpected,
    wire::{Parts, Request, Response, Task},
};
use crate::engines::signature::seal::task::{SealAnswer, SealRefusal, SealTask};

/// Why a step of signing was not done; the file is as it was.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NotSealed {
    /// The file refuses it.
    #[error(transparent)]
    Refused(SealRefusal),
    /// The reading process could not do it.
    #[error(transparent)]
    Unread(ReadError),
}

impl Readers {
    /// Does one step of signing; gives the file that came of it where there is one.
    ///
    /// # Errors
    /// [`NotSealed`].
    pub fn seal(&self, pdf: Vec<u8>, step: SealTask) -> Result<(SealAnswer, Vec<u8>), NotSealed> {
        let limits = self.limits();
        let (found, limit) = (pdf.len() as u64, limits.max_bytes.saturating_mul(2));
        if found > limit {
            return Err(NotSealed::Unread(ReadError::TooManyBytes { found, limit }));
        }
        let request = Request { parts: Parts::of(&[]), limits: limits.of_bytes(), task: Task::Seal { step } };
        let seconds = limits.opening_seconds() + limits.page_seconds;
        match self.pool.ask_of_bytes(request, pdf, self.all_of(limits.open_seconds), seconds) {
            Ok((Response::Sealed { done }, pdf)) => Ok((done, pdf)),
            Ok((Response::NotSealed { refusal }, _)) => Err(NotSealed::Refused(refusal)),
            Ok((other, _)) => Err(NotSealed::Unread(unexpected(other))),
            Err(error) => Err(NotSealed::Unread(error)),
        }
    }
}
