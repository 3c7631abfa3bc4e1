//! Messages between parent and child: a JSON header and optional bytes, each with its length before it.
//!
//! The files of a paper go to the child as bytes: it can open none.

use std::{
    fs::{File, Metadata},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    answer::{ComposeOrder, Depth, Head, PageAnswer, StampOrder},
    confine::{Attempt, Confinement},
    marks::PageMarks,
};
use crate::{
    domain::page::BoxMm,
    engines::{
        evidence::FileEvidence,
        imaging::{
            fault::{Limits, ReadError},
            open::Container,
        },
        pdf::archive::Departure,
        signature::{
            order::VerifyOrder,
            seal::{
                prepare::Prepared,
                task::{SealAnswer, SealRefusal, SealTask},
            },
            verdict::Report,
        },
        stamp::{StampError, Stamped},
    },
};

/// Longest header; answers hold the words of one page, requests at most the words of one paper.
const MAX_HEADER: u32 = 256 << 20;
/// Longest blob: a composed PDF.
const MAX_BLOB: u64 = 4 << 30;
/// Room that is made for what was announced and has not arrived.
const FIRST_ROOM: u64 = 1 << 20;

/// The files of a paper, on the parent's side alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Parts(Vec<PathBuf>);

/// Which files, of which length and age: a spooled name may be used again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity(Parts, Vec<(u64, Option<SystemTime>)>);

impl Parts {
    pub(super) fn of(paths: &[PathBuf]) -> Self {
        Self(paths.to_vec())
    }

    fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(PathBuf::as_path)
    }

    pub(super) fn identity(&self) -> io::Result<Identity> {
        let facts = self.paths().map(|path| {
            let facts = of_file(path.metadata()?)?;
            Ok((facts.len(), facts.modified().ok()))
        });
        Ok(Identity(self.clone(), facts.collect::<io::Result<_>>()?))
    }

    /// The files, open, each with its length.
    pub(super) fn open(&self) -> io::Result<Vec<(Source, u64)>> {
        let open = |path| {
            // A pipe that took the place of the file would hold us up.
            let file = File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
            let length = of_file(file.metadata()?)?.len();
            Ok((Source::File(file), length))
        };
        self.paths().map(open).collect()
    }
}

/// Where the bytes of a file come from that goes to the child.
pub(super) enum Source {
    File(File),
    Bytes(Arc<Vec<u8>>),
}

/// Pipes and devices have no end, or make wait for one.
fn of_file(facts: Metadata) -> io::Result<Metadata> {
    if facts.is_file() { Ok(facts) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

/// How much processor time each stage may take in the child, seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stages {
    pub open: u64,
    pub decode: u64,
    /// Everything after that.
    pub rest: u64,
}

/// A request as it is sent.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub request: Request,
    pub stages: Stages,
    /// Lengths of the files that follow; `None` when the child has the paper already.
    pub lengths: Option<Vec<u64>>,
}

/// What a child is asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Request {
    #[serde(skip)]
    pub parts: Parts,
    pub limits: Limits,
    pub task: Task,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub(super) enum Task {
    /// Open and say what is known.
    Open,
    /// Look at page `index`, from 0; `turn` is how far a person turned it, where one did. With `head`, the words of
    /// its head come first, in a message of their own.
    Page { index: u32, turn: Option<u16>, depth: Depth, head: bool },
    /// Look at page `index` (from 0) for separator sheets alone.
    Marks { index: u32 },
    /// Compose the PDF of the pages `indices` (from 0) in that order; of all pages when there are none.
    Compose { indices: Option<Vec<u32>>, order: Box<ComposeOrder> },
    /// Say what the file says beside its pages.
    Evidence,
    /// Read lines of page `index` (from 0) from its picture as seen, turned by `rotation`.
    Reread { index: u32, rotation: u16, lines: Vec<BoxMm> },
    /// Page `index` (from 0) as a JPEG.
    Preview { index: u32, rotation: u16, width_px: u32 },
    /// Write the code onto the PDF that goes along as the one file; it is no paper, and forgotten then.
    Stamp { order: Box<StampOrder> },
    /// Put the agency's signature into the PDF that waits for it since the order before this.
    FinishStamp { cms: Vec<u8> },
    /// Judge the signatures of the PDF that goes along as the one file.
    Verify { order: Box<VerifyOrder> },
    /// One step of signing the PDF that goes along in the same way.
    Seal { step: SealTask },
    /// Try what must not be possible.
    Attempt,
}

/// What it answers; bytes, where there are any, follow as the blob.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub(super) enum Response {
    /// First of all, unasked: it is ready, and so confined.
    Ready {
        confinement: Confinement,
    },
    Opened {
        container: Container,
    },
    /// Before the page itself, where the head was asked for.
    Head {
        head: Box<Head>,
    },
    Page {
        page: Box<PageAnswer>,
    },
    Marks {
        marks: PageMarks,
    },
    Bytes,
    Evidence {
        evidence: Box<FileEvidence>,
    },
    /// Of each line what was read at several sizes.
    Reread {
        lines: Vec<Vec<String>>,
    },
    Composed {
        departures: Vec<Departure>,
    },
    /// What goes behind the first `n_kept` bytes of what came in follows; 0: all of the file.
    Stamped {
        stamped: Stamped,
        n_kept: usize,
    },
    /// What goes behind the PDF to make room for the agency's signature follows.
    StampWaits {
        prepared: Box<Prepared>,
    },
    NotStamped {
        error: StampError,
    },
    Verified {
        report: Box<Report>,
    },
    Sealed {
        done: SealAnswer,
    },
    NotSealed {
        refusal: SealRefusal,
    },
    Attempted {
        confinement: Confinement,
        attempts: Vec<Attempt>,
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

/// Writes a request and the files that go with it; fails when a file is shorter than it was.
pub(super) fn send_order(to: &mut impl Write, order: &Order, files: Vec<(Source, u64)>) -> io::Result<()> {
    send(to, order, &[])?;
    for (source, length) in files {
        let sent = match source {
            Source::File(file) => io::copy(&mut file.take(length), to)?,
            Source::Bytes(bytes) => {
                let part = bytes.get(..usize::try_from(length).unwrap_or(usize::MAX)).unwrap_or(&bytes);
                to.write_all(part)?;
                part.len() as u64
            }
        };
        if sent < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    to.flush()
}

/// One file of an order, as long as the parent said.
pub(super) fn receive_file(from: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let capacity = usize::try_from(length).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    let mut bytes = vec![0; capacity];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Grows with what arrives, not with what was announced.
fn read_exactly(from: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(length.min(FIRST_ROOM)).unwrap_or(0));
    from.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_out_as_they_went_in() {
        let parts = Parts::of(&[PathBuf::from("/tmp/trang 1.jpg")]);
        let task = Task::Page { index: 3, turn: Some(90), depth: Depth::Text, head: true };
        let request = Request { parts, limits: Limits::default(), task };
        let stages = Stages { open: 1, decode: 2, rest: 3 };
        let mut bytes = Vec::new();
        send(&mut bytes, &Order { request, stages, lengths: Some(vec![4]) }, b"blob").unwrap();
        let (back, blob): (Order, _) = receive(&mut bytes.as_slice()).unwrap();
        assert_eq!((back.stages, back.lengths), (stages, Some(vec![4])));
        assert!(matches!(
            back.request.task,
            Task::Page { index: 3, turn: Some(90), depth: Depth::Text, head: true }
        ));
        assert_eq!(back.request.parts, Parts::default(), "names stay with the parent");
        assert_eq!(blob, b"blob");
        for cut in 0..bytes.len() {
            assert!(receive::<Order>(&mut &bytes[..cut]).is_err(), "{cut}");
        }
        bytes[..4].fill(0xFF);
        assert!(receive::<Order>(&mut bytes.as_slice()).is_err());
    }

    #[test]
    fn what_is_no_file_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        for path in [PathBuf::from("/dev/zero"), dir.path().to_owned(), dir.path().join("missing")] {
            let parts = Parts::of(std::slice::from_ref(&path));
            assert!(parts.identity().is_err() && parts.open().is_err(), "{}", path.display());
        }
    }

    #[test]
    fn files_follow_their_order() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("1");
        std::fs::write(&path, b"page").unwrap();
        let parts = Parts::of(std::slice::from_ref(&path));
        let before = parts.identity().unwrap();
        let request = Request { parts: parts.clone(), limits: Limits::default(), task: Task::Open };
        let order = Order { request, stages: Stages { open: 1, decode: 1, rest: 1 }, lengths: Some(vec![4]) };
        let mut sent = Vec::new();
        send_order(&mut sent, &order, parts.open().unwrap()).unwrap();
        let mut from = sent.as_slice();
        receive::<Order>(&mut from).unwrap();
        assert_eq!(receive_file(&mut from, 4).unwrap(), b"page");
        let mut sent = Vec::new();
        send_order(&mut sent, &order, vec![(Source::Bytes(Arc::new(b"page".to_vec())), 4)]).unwrap();
        assert!(sent.ends_with(b"page"), "bytes go as a file does");
        let files = parts.open().unwrap();
        std::fs::write(&path, b"pa").unwrap();
        assert!(send_order(&mut Vec::new(), &order, files).is_err(), "a file that shrank");
        assert_ne!(parts.identity().unwrap(), before);
    }
}
