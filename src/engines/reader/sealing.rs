//! Steps of signing, in a process that holds neither keys nor network.

use super::{
    ReadError, Readers,
    readers::unexpected,
    wire::{Parts, Request, Response, Task},
};
use crate::engines::{
    pdf::growing::GrowingFile,
    signature::seal::task::{SealAnswer, SealRefusal, SealTask},
};

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
    /// Does one step of signing; gives what goes behind the file, where something does.
    ///
    /// # Errors
    /// [`NotSealed`].
    pub fn seal(&self, file: &GrowingFile, step: SealTask) -> Result<(SealAnswer, Vec<u8>), NotSealed> {
        let limits = self.limits();
        let (found, limit) = (file.len() as u64, limits.max_bytes.saturating_mul(2));
        if found > limit {
            return Err(NotSealed::Unread(ReadError::TooManyBytes { found, limit }));
        }
        let makes_room = matches!(step, SealTask::Prepare(_) | SealTask::Timestamp { .. });
        let request = Request { parts: Parts::of(&[]), limits: limits.of_bytes(), task: Task::Seal { step } };
        let seconds = limits.opening_seconds() + limits.page_seconds;
        let (stages, bytes) = (self.all_of(limits.open_seconds), file.shared());
        let answer = self.pool.talk_of_bytes(request, bytes, (stages, seconds), |talk| {
            if makes_room {
                talk.wait_until_sent();
                file.hash_ahead();
            }
            talk.hear()
        });
        match answer {
            Ok((Response::Sealed { done }, appended)) => Ok((done, appended)),
            Ok((Response::NotSealed { refusal }, _)) => Err(NotSealed::Refused(refusal)),
            Ok((other, _)) => Err(NotSealed::Unread(unexpected(other))),
            Err(error) => Err(NotSealed::Unread(error)),
        }
    }
}
