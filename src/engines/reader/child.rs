//! The main of a reading process: messages in on stdin, answers out on stdout, until stdin ends.
//!
//! Limits its own memory first. Keeps the last paper open and one engine alive. Writes nothing else to
//! stdout, and no name or path to stderr.

use std::{
    io::{self, Cursor},
    process,
    sync::mpsc,
    thread,
    time::SystemTime,
};

use image::{ImageEncoder, codecs::jpeg::JpegEncoder};
use rustix::process::{Resource, Rlimit, setrlimit};

use super::{
    answer::ComposeOrder,
    look::{LazyEngine, look_at},
    wire::{self, Parts, Request, Response, Task},
};
use crate::engines::{
    imaging::{
        fault::{Limits, ReadError},
        open::{self, Opened},
        resize_picture, turn_picture,
    },
    pdf::{
        archive::Departure,
        compose::{ComposeMeta, ComposePage, ComposedPdf, compose},
    },
};

/// The variable that carries the memory limit, in bytes.
pub(super) const MEMORY_VARIABLE: &str = "SOHOA_READER_MEMORY_BYTES";

/// Serves requests until stdin ends; the parent then is gone, or has no more work.
///
/// Ends with exit code 0 then, and 1 when the streams fail.
pub fn run() -> process::ExitCode {
    limit_memory();
    let (requests, waiting) = mpsc::channel::<Request>();
    // Stdin is watched beside the work: when the parent dies in the middle of a page, so do we.
    let watcher = thread::Builder::new().name("requests".to_owned()).spawn(move || {
        let mut stdin = io::stdin().lock();
        while let Ok((request, _)) = wire::receive::<Request>(&mut stdin) {
            if requests.send(request).is_err() {
                break;
            }
        }
        process::exit(0);
    });
    if watcher.is_err() {
        return process::ExitCode::FAILURE;
    }
    let mut reader = Child::default();
    for request in waiting {
        let (response, blob) = match reader.answer(&request) {
            Ok(answer) => answer,
            Err(error) => (Response::Refused { error }, Vec::new()),
        };
        if wire::send(&mut io::stdout().lock(), &response, &blob).is_err() {
            return process::ExitCode::FAILURE;
        }
    }
    process::ExitCode::SUCCESS
}

fn limit_memory() {
    let bytes = std::env::var(MEMORY_VARIABLE).ok().and_then(|v| v.parse::<u64>().ok());
    let same = |bytes: u64| Rlimit { current: Some(bytes), maximum: Some(bytes) };
    // Without limits the parent's watch still holds; a kernel that refuses them changes nothing else.
    if let Some(bytes) = bytes {
        let _ = setrlimit(Resource::As, same(bytes));
    }
    let _ = setrlimit(Resource::Core, same(0));
}

/// Which files, of which length and age: a spooled name may be used again.
type Key = (Parts, Vec<(u64, Option<SystemTime>)>);

#[derive(Default)]
struct Child {
    paper: Option<(Key, Opened)>,
    engine: LazyEngine,
}

impl Child {
    fn answer(&mut self, request: &Request) -> Result<(Response, Vec<u8>), ReadError> {
        let key = key_of(&request.parts)?;
        let is_open = self.paper.as_ref().is_some_and(|(k, p)| *k == key && *p.limits() == request.limits);
        if !is_open {
            self.paper = None;
            self.paper = Some((key, open_files(&request.parts, request.limits)?));
        }
        let Self { paper: Some((_, paper)), engine } = self else { return Err(ReadError::Crashed) };
        match &request.task {
            Task::Open => Ok((Response::Opened { container: paper.container().clone() }, Vec::new())),
            Task::Page { index, turn, depth } => {
                let page = Box::new(look_at(paper, *index, *turn, *depth, engine)?);
                Ok((Response::Page { page }, Vec::new()))
            }
            Task::Preview { index, rotation, width_px } => {
                Ok((Response::Bytes, preview(paper, *index as usize, *rotation, *width_px)?))
            }
            Task::Compose { indices, order } => {
                let (pdf, departures) = composed(paper, indices.as_deref(), order)?;
                Ok((Response::Composed { departures }, pdf))
            }
        }
    }
}

fn key_of(parts: &Parts) -> Result<Key, ReadError> {
    let facts = parts.paths().map(|path| {
        let facts = std::fs::metadata(path).map_err(|_| ReadError::Unreachable)?;
        Ok((facts.len(), facts.modified().ok()))
    });
    Ok((parts.clone(), facts.collect::<Result<_, ReadError>>()?))
}

fn open_files(parts: &Parts, limits: Limits) -> Result<Opened, ReadError> {
    let lengths = parts.paths().map(|p| std::fs::metadata(p).map(|m| m.len()));
    let found: u64 = lengths.sum::<io::Result<u64>>().map_err(|_| ReadError::Unreachable)?;
    if found > limits.max_bytes {
        return Err(ReadError::TooManyBytes { found, limit: limits.max_bytes });
    }
    let bytes = parts.paths().map(std::fs::read).collect::<io::Result<Vec<_>>>();
    open::open(bytes.map_err(|_| ReadError::Unreachable)?, limits)
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
