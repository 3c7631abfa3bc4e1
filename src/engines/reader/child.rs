//! The main of a reading process: messages in on stdin, answers out on stdout, until stdin ends.
//!
//! Limits itself and gives up files, network and processes first: all it ever needs to open (the model
//! for reading) it opens before. Keeps the last paper open and one engine alive. Writes nothing else to
//! stdout, and nothing of a paper to stderr.

use std::{
    io::{self, Cursor},
    process,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use image::{ImageEncoder, codecs::jpeg::JpegEncoder};

use super::{
    answer::{ComposeOrder, StampOrder},
    confine::{self, Confinement},
    look::{LazyEngine, Way, look_at},
    marks::marks_of,
    reread::reread,
    wire::{self, Order, Request, Response, Task},
};
use crate::engines::{
    evidence,
    imaging::{
        fault::{Limits, ReadError},
        open::{self, Opened},
        resize_picture, turn_picture,
    },
    pdf::{
        archive::Departure,
        compose::{ComposeMeta, ComposePage, ComposedPdf, compose},
        growing::GrowingFile,
    },
    signature::{
        self,
        seal::task::{self, SealTask},
    },
    stamp::{self, Stamped, Waiting},
};

/// The variable that carries the memory limit, in bytes.
pub(super) const MEMORY_VARIABLE: &str = "SOHOA_READER_MEMORY_BYTES";

/// The variable that says that no words will be read.
pub(super) const NO_WORDS_VARIABLE: &str = "SOHOA_READER_NO_WORDS";

/// How long the signatures of one file are judged; what was not looked at by then is not passed.
const JUDGING: Duration = Duration::from_secs(8);

/// Serves requests until stdin ends; the parent then is gone, or has no more work.
///
/// Ends with exit code 0 then, and 1 when the streams fail.
pub fn run() -> process::ExitCode {
    confine::limit(std::env::var(MEMORY_VARIABLE).ok().and_then(|v| v.parse().ok()));
    let reads_words = std::env::var_os(NO_WORDS_VARIABLE).is_none();
    let engine = if reads_words { LazyEngine::warm() } else { LazyEngine::none() };
    let confinement = confine::confine();
    let (news, waiting) = mpsc::channel::<News>();
    // Stdin is watched beside the work: when the parent dies in the middle of a page, so do we.
    let watcher = thread::Builder::new().name("requests".to_owned()).spawn(move || {
        let _ = listen(&news);
        process::exit(0);
    });
    confine::limit_processes();
    if watcher.is_err() || tell(&Response::Ready { confinement }, &[]).is_err() {
        return process::ExitCode::FAILURE;
    }
    let mut reader = Child { paper: Paper::None, engine, confinement };
    for news in waiting {
        let order = match news {
            News::OtherPaper => {
                reader.paper = Paper::None;
                continue;
            }
            News::Order(order, files) => {
                if let Some(files) = files {
                    reader.paper = Paper::Given(files);
                }
                order
            }
        };
        let (response, blob) = match reader.answer(&order) {
            Ok(answer) => answer,
            Err(error) => (Response::Refused { error }, Vec::new()),
        };
        if tell(&response, &blob).is_err() {
            return process::ExitCode::FAILURE;
        }
    }
    process::ExitCode::SUCCESS
}

/// What is answered of a PDF by itself.
type Alone<'t> = dyn Fn(GrowingFile) -> (Response, Vec<u8>, Paper) + 't;

/// What arrives on stdin.
enum News {
    /// The files of another paper are about to come: there is no room for two.
    OtherPaper,
    Order(Box<Order>, Option<Vec<Vec<u8>>>),
}

fn listen(news: &mpsc::Sender<News>) -> io::Result<()> {
    let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
    let mut stdin = io::stdin().lock();
    loop {
        let (order, _) = wire::receive::<Order>(&mut stdin)?;
        let files = match &order.lengths {
            None => None,
            Some(lengths) => {
                news.send(News::OtherPaper).map_err(gone)?;
                let files = lengths.iter().map(|length| wire::receive_file(&mut stdin, *length));
                Some(files.collect::<io::Result<_>>()?)
            }
        };
        news.send(News::Order(Box::new(order), files)).map_err(gone)?;
    }
}

fn tell(response: &Response, blob: &[u8]) -> io::Result<()> {
    wire::send(&mut io::stdout().lock(), response, blob)
}

/// The paper that was handed over last.
enum Paper {
    None,
    Given(Vec<Vec<u8>>),
    Opened(Result<Box<Opened>, ReadError>),
    /// A PDF with room for the agency's signature.
    Waiting(Box<Coding>),
}

/// A PDF onto which the code is being written.
struct Coding {
    file: GrowingFile,
    order: StampOrder,
    /// What its signatures are judged by; where it can't be had, no signature is seen, and none is written beside.
    material: Option<signature::Material>,
    waiting: Option<Box<Waiting>>,
}

impl Paper {
    fn opened(&mut self, limits: Limits) -> Result<&Opened, ReadError> {
        if matches!(self, Self::Given(_))
            && let Self::Given(files) = std::mem::replace(self, Self::None)
        {
            *self = Self::Opened(open::open(files, limits).map(Box::new));
        }
        match self {
            Self::Opened(Ok(paper)) => Ok(paper),
            Self::Opened(Err(error)) => Err(error.clone()),
            Self::None | Self::Given(_) | Self::Waiting(_) => Err(ReadError::Crashed),
        }
    }
}

struct Child {
    paper: Paper,
    engine: LazyEngine,
    confinement: Confinement,
}

impl Child {
    fn answer(&mut self, order: &Order) -> Result<(Response, Vec<u8>), ReadError> {
        let Request { limits, task, .. } = &order.request;
        if let Task::Attempt = task {
            let attempts = confine::attempts();
            return Ok((Response::Attempted { confinement: self.confinement, attempts }, Vec::new()));
        }
        // A PDF that is no paper to be looked at: it is forgotten then.
        let alone: Option<&Alone<'_>> = match task {
            Task::Stamp { order } => Some(&|file| stamped(file, order)),
            Task::Verify { order } => Some(&|file| {
                let report = Box::new(signature::verify_file(&file, order, &until_late()));
                (Response::Verified { report }, Vec::new(), Paper::None)
            }),
            Task::Seal { step } => Some(&|file| sealed(&file, step)),
            _ => None,
        };
        if let Some(answer) = alone {
            let Paper::Given(mut files) = std::mem::replace(&mut self.paper, Paper::None) else {
                return Err(ReadError::Crashed);
            };
            confine::allow_processor(order.stages.rest);
            let file = files.pop().filter(|_| files.is_empty()).ok_or(ReadError::Crashed)?;
            let (response, bytes, paper) = answer(GrowingFile::new(file));
            self.paper = paper;
            return Ok((response, bytes));
        }
        if let Task::FinishStamp { cms } = task {
            let Paper::Waiting(coding) = std::mem::replace(&mut self.paper, Paper::None) else {
                return Err(ReadError::Crashed);
            };
            confine::allow_processor(order.stages.rest);
            return stamp_finished(*coding, cms);
        }
        confine::allow_processor(order.stages.open);
        let Self { paper, engine, .. } = self;
        let paper = paper.opened(*limits)?;
        engine.rest_seconds = order.stages.rest;
        confine::allow_processor(match task {
            Task::Page { .. } | Task::Marks { .. } => order.stages.decode,
            _ => order.stages.rest,
        });
        match task {
            Task::Open => Ok((Response::Opened { container: paper.container().clone() }, Vec::new())),
            Task::Page { index, turn, depth, head } => {
                // Where the parent is gone, the answer finds nobody either.
                let say = |head| drop(tell(&Response::Head { head: Box::new(head) }, &[]));
                let way = Way { turn: *turn, depth: *depth, on_head: head.then_some(&say) };
                let page = Box::new(look_at(paper, *index, way, engine)?);
                Ok((Response::Page { page }, Vec::new()))
            }
            Task::Marks { index } => {
                let marks = marks_of(paper, *index, order.stages.rest)?;
                Ok((Response::Marks { marks }, Vec::new()))
            }
            Task::Evidence => {
                let evidence = Box::new(evidence::of_file(paper));
                Ok((Response::Evidence { evidence }, Vec::new()))
            }
            Task::Reread { index, rotation, lines } => {
                let lines = reread(paper, *index, *rotation, lines, engine)?;
                Ok((Response::Reread { lines }, Vec::new()))
            }
            Task::Preview { index, rotation, width_px } => {
                Ok((Response::Bytes, preview(paper, *index as usize, *rotation, *width_px)?))
            }
            Task::Compose { indices, order } => {
                let (pdf, departures) = composed(paper, indices.as_deref(), order)?;
                Ok((Response::Composed { departures }, pdf))
            }
            Task::Stamp { .. }
            | Task::FinishStamp { .. }
            | Task::Verify { .. }
            | Task::Seal { .. }
            | Task::Attempt => Err(ReadError::Crashed), // answered above
        }
    }
}

fn preview(paper: &Opened, index: usize, rotation: u16, width_px: u32) -> Result<Vec<u8>, ReadError> {
    let page = u32::try_from(index + 1).unwrap_or(u32::MAX);
    let (w_mm, h_mm) = paper.size_mm(index).ok_or(ReadError::NoSuchPage { page })?;
    let seen_width = if rotation % 180 == 90 { h_mm } else { w_mm };
    let width_px = width_px.clamp(16, 4_000);
    let dpi = f64::from(width_px) / f64::from(seen_width.max(1.0)) * 25.4;
    let picture = turn_picture(paper.picture_as_seen(index, dpi)?, rotation);
    let height = u64::from(picture.height()) * u64::from(width_px) / u64::from(picture.width().max(1));
    let height_px = u32::try_from(height).unwrap_or(u32::MAX).clamp(1, 16_000);
    let small = resize_picture(picture.into_dynamic(), width_px, height_px);
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(Cursor::new(&mut jpeg), 82)
        .write_image(small.as_bytes(), small.width(), small.height(), small.color().into())
        .map_err(|_| ReadError::DamagedPage { page })?;
    Ok(jpeg)
}

fn composed(
    paper: &Opened,
    indices: Option<&[u32]>,
    order: &ComposeOrder,
) -> Result<(Vec<u8>, Vec<Departure>), ReadError> {
    let ComposeOrder { rotations, text, title, fields, created_at } = order;
    let indices: Vec<usize> = match indices {
        Some(indices) => indices.iter().map(|index| *index as usize).collect(),
        None => (0..paper.container().n_pages as usize).collect(),
    };
    let n = indices.len();
    if n == 0 || rotations.len() != n || text.pages.len() != n {
        return Err(ReadError::NotComposed);
    }
    let first = turn_picture(paper.picture_as_seen(indices[0], 72.0)?, rotations[0]);
    let meta = ComposeMeta {
        title: title.clone(),
        fields: fields.clone(),
        created_at: *created_at,
        first_page: Some(first_at_72_dpi(first, paper.size_mm(indices[0]), rotations[0])),
    };
    let pages: Vec<ComposePage<'_>> = paper
        .sources(&indices)?
        .into_iter()
        .zip(rotations.iter().zip(&text.pages))
        .map(|(source, (rotation, text))| ComposePage { source, rotation: *rotation, text })
        .collect();
    compose(&pages, &meta).map(ComposedPdf::into_parts).map_err(|_| ReadError::NotComposed)
}

fn stamped(file: GrowingFile, order: &StampOrder) -> (Response, Vec<u8>, Paper) {
    let material = signature::Material::read(&order.judge.trust).ok();
    let mut coding = Coding { file, order: order.clone(), material, waiting: None };
    let step = coding.judging(stamp::write);
    match step {
        Ok(stamp::Step::Done(stamped)) => {
            let (response, bytes) = done(stamped);
            (response, bytes, Paper::None)
        }
        Ok(stamp::Step::Sign(waiting)) => {
            let prepared = Box::new(waiting.room.prepared.clone());
            let appended = waiting.room.appended.clone();
            coding.waiting = Some(waiting);
            (Response::StampWaits { prepared }, appended, Paper::Waiting(Box::new(coding)))
        }
        Err(error) => (Response::NotStamped { error }, Vec::new(), Paper::None),
    }
}

fn stamp_finished(mut coding: Coding, cms: &[u8]) -> Result<(Response, Vec<u8>), ReadError> {
    let waiting = coding.waiting.take().ok_or(ReadError::Crashed)?;
    Ok(match coding.judging(|file, order| stamp::finish(file, *waiting, cms, order)) {
        Ok(stamped) => done(stamped),
        Err(error) => (Response::NotStamped { error }, Vec::new()),
    })
}

fn done(mut stamped: Stamped) -> (Response, Vec<u8>) {
    let (pdf, n_kept) = (std::mem::take(&mut stamped.pdf), stamped.n_kept);
    (Response::Stamped { stamped, n_kept }, pdf)
}

/// Whether judging one file has taken as long as it may.
fn until_late() -> impl Fn() -> bool {
    let start = Instant::now();
    move || start.elapsed() > JUDGING
}

impl Coding {
    fn judging<T>(&mut self, act: impl FnOnce(&mut GrowingFile, &stamp::StampOrder<'_>) -> T) -> T {
        let Self { file, order, material, .. } = self;
        let verify = |file: &GrowingFile| {
            let is_late = until_late();
            let report =
                material.as_ref().map(|known| signature::verify_by(file, &order.judge, known, &is_late));
            report.map(|report| report.signatures).unwrap_or_default()
        };
        act(file, &stamp::StampOrder { code: &order.code, seal: order.seal.as_ref(), verify: &verify })
    }
}

fn sealed(pdf: &[u8], step: &SealTask) -> (Response, Vec<u8>, Paper) {
    match task::run(pdf, step) {
        Ok((done, appended)) => (Response::Sealed { done }, appended, Paper::None),
        Err(error) => (Response::NotSealed { refusal: error.into() }, Vec::new(), Paper::None),
    }
}

fn first_at_72_dpi(
    first: crate::engines::imaging::Picture,
    size_mm: Option<(f32, f32)>,
    rotation: u16,
) -> image::GrayImage {
    let (w, h) = size_mm.unwrap_or((210.0, 297.0));
    let (w, h) = if rotation % 180 == 90 { (h, w) } else { (w, h) };
    let px = |mm: f32| (mm / 25.4 * 72.0).round().clamp(1.0, 8_000.0) as u32;
    resize_picture(first.into_dynamic(), px(w), px(h)).into_luma8()
}
