//! Messages between parent and child: a JSON header and optional bytes, each with its length before it.

use std::{
    ffi::OsStr,
    io::{self, Read, Write},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::answer::{ComposeOrder, Depth, PageAnswer};
use crate::engines::{
    imaging::{
        fault::{Limits, ReadError},
        open::Container,
    },
    pdf::archive::Departure,
};

/// Longest header; answers hold the words of one page, requests at most the words of one paper.
const MAX_HEADER: u32 = 256 << 20;
/// Longest blob: a composed PDF.
const MAX_BLOB: u64 = 4 << 30;

/// The files of a paper, as bytes: names are not always UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Parts(Vec<Vec<u8>>);

impl Parts {
    pub(super) fn of(paths: &[PathBuf]) -> Self {
        Self(paths.iter().map(|p| p.as_os_str().as_bytes().to_vec()).collect())
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(|p| Path::new(OsStr::from_bytes(p)))
    }
}

/// What a child is asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Request {
    pub parts: Parts,
    pub limits: Limits,
    pub task: Task,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub(super) enum Task {
    /// Open and say what is known.
    Open,
    /// Look at page `index`, from 0; `turn` is how far a person turned it, where one did.
    Page { index: u32, turn: Option<u16>, depth: Depth },
    /// Compose the PDF of the pages `indices` (from 0) in that order; of all pages when there are none.
    Compose { indices: Option<Vec<u32>>, order: Box<ComposeOrder> },
    /// Page `index` (from 0) as a JPEG.
    Preview { index: u32, rotation: u16, width_px: u32 },
}

/// What it answers; bytes, where there are any, follow as the blob.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub(super) enum Response {
    Opened {
        container: Container,
    },
    Page {
        page: Box<PageAnswer>,
    },
    Bytes,
    /// The bytes are a PDF; `departures` says where it departs from PDF/A-2b.
    Composed {
        departures: Vec<Departure>,
    },
    Refused {
        error: ReadError,
    },
}

/// Writes one message.
pub(super) fn send<T: Serialize>(to: &mut impl Write, header: &T, blob: &[u8]) -> io::Result<()> {
    let json = serde_json::to_vec(header)?;
    let length = u32::try_from(json.len()).ok().filter(|n| *n <= MAX_HEADER);
    let length = length.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(&(blob.len() as u64).to_le_bytes())?;
    to.write_all(&json)?;
    to.write_all(blob)?;
    to.flush()
}

/// Reads one message; an end of the stream before it is `UnexpectedEof`.
pub(super) fn receive<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<(T, Vec<u8>)> {
    let mut lengths = [0u8; 12];
    from.read_exact(&mut lengths)?;
    let header = u32::from_le_bytes(lengths[..4].try_into().expect("four bytes of twelve"));
    let blob = u64::from_le_bytes(lengths[4..].try_into().expect("eight bytes of twelve"));
    if header > MAX_HEADER || blob > MAX_BLOB {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let json = read_exactly(from, u64::from(header))?;
    let blob = read_exactly(from, blob)?;
    Ok((serde_json::from_slice(&json)?, blob))
}

/// Grows with what arrives, not with what was announced.
fn read_exactly(from: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_out_as_they_went_in() {
        let odd = PathBuf::from(OsStr::from_bytes(b"/tr\xffang 1.jpg"));
        let request = Request {
            parts: Parts::of(std::slice::from_ref(&odd)),
            limits: Limits::default(),
            task: Task::Page { index: 3, turn: None, depth: Depth::Text },
        };
        let mut bytes = Vec::new();
        send(&mut bytes, &request, b"blob").unwrap();
        let (back, blob): (Request, _) = receive(&mut bytes.as_slice()).unwrap();
        assert_eq!(back.parts.paths().collect::<Vec<_>>(), [odd.as_path()]);
        assert_eq!(blob, b"blob");
        for cut in 0..bytes.len() {
            assert!(receive::<Request>(&mut &bytes[..cut]).is_err(), "{cut}");
        }
        bytes[..4].fill(0xFF);
        assert!(receive::<Request>(&mut bytes.as_slice()).is_err());
    }
}
