//! Reading processes: started when needed, limited, timed, killed and replaced.

use std::{
    io::Read,
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use nix::fcntl::{FcntlArg, fcntl};
use rustix::process::Signal;
use serde::Deserialize;

use super::{
    child::{MEMORY_VARIABLE, NO_WORDS_VARIABLE},
    confine::Confinement,
    wire::{self, Identity, Order, Parts, Request, Response, Source, Stages, Task},
};
use crate::{
    domain::job::Urgency,
    engines::imaging::fault::{Limits, ReadError},
};

/// Bytes in a pipe to or from a process: with the usual 64 kB both sides wait for each other all the time.
const PIPE_BYTES: i32 = 1 << 20;

/// How many reading processes there are, and what each may use.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReaderLimits {
    /// Processes at once; one per core.
    pub n_readers: usize,
    /// Address space of one process, bytes.
    pub memory_bytes: u64,
    /// Processor time for opening a paper, seconds; by the clock ten times as long, as machines are busy.
    pub open_seconds: u64,
    /// Processor time for decoding one page, seconds.
    pub decode_seconds: u64,
    /// Time for one page, seconds; composing has this for every page.
    pub page_seconds: u64,
    /// Pages of one paper.
    pub max_pages: u32,
    /// Pixels of one page.
    pub max_pixels: u64,
    /// Bytes of one paper.
    pub max_bytes: u64,
}

impl Default for ReaderLimits {
    fn default() -> Self {
        let Limits { max_bytes, max_pages, max_pixels } = Limits::default();
        Self {
            n_readers: thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: 1536 << 20,
            open_seconds: 3,
            decode_seconds: 6,
            page_seconds: 60,
            max_pages,
            max_pixels,
            max_bytes,
        }
    }
}

impl ReaderLimits {
    /// The stages of one page in a child; `rest` stays beyond what the parent waits.
    pub(super) fn stages(&self) -> Stages {
        let open = self.open_seconds.max(1);
        Stages { open, decode: self.decode_seconds, rest: self.page_seconds.saturating_add(open) }
    }

    /// How long is waited for a paper to be opened, seconds.
    pub(super) fn opening_seconds(&self) -> u64 {
        self.open_seconds.max(1).saturating_mul(10)
    }

    pub(super) fn of_bytes(&self) -> Limits {
        Limits { max_bytes: self.max_bytes, max_pages: self.max_pages, max_pixels: self.max_pixels }
    }
}

/// Hears what a process says before its answer.
pub(super) type OnNews<'a> = &'a dyn Fn(Response);

/// An order, its files, and what is let go when all of it is sent.
type ToSend = (Order, Vec<(Source, u64)>, mpsc::Sender<()>);

/// One reading process.
struct Reader {
    process: Child,
    orders: mpsc::Sender<ToSend>,
    answers: mpsc::Receiver<(Response, Vec<u8>)>,
    /// The last lines it wrote to stderr: they tell a lack of memory from a crash.
    last_words: Option<thread::JoinHandle<Vec<u8>>>,
    /// The paper it has, and how it was opened.
    paper: Option<(Identity, Limits)>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Several questions about the same bytes to one process.
pub(super) struct Talk<'r> {
    reader: &'r mut Reader,
    limits: Limits,
    stages: Stages,
    seconds: u64,
    /// When the last question was asked.
    asked: Instant,
    /// Ends when the bytes are sent.
    sent: mpsc::Receiver<()>,
}

impl Talk<'_> {
    /// Waits until the bytes are sent: who has work of its own begins it when the process is at its.
    pub(super) fn wait_until_sent(&self) {
        let _ = self.sent.recv();
    }

    /// The answer to the last question.
    pub(super) fn hear(&mut self) -> Result<(Response, Vec<u8>), ReadError> {
        self.reader.hear(self.stages, (self.asked, self.seconds), &|_| {})
    }

    /// Asks more about what the process has.
    pub(super) fn ask(&mut self, task: Task) {
        let request = Request { parts: Parts::of(&[]), limits: self.limits, task };
        self.asked = Instant::now();
        self.sent = self.reader.tell(Order { request, stages: self.stages, lengths: None }, Vec::new());
    }
}

/// The processes and the right to use them.
pub(super) struct Pool {
    program: PathBuf,
    pub limits: ReaderLimits,
    /// Whether processes load the model for reading words, which takes longer than a signature.
    pub reads_words: bool,
    state: Mutex<State>,
    /// A process is free, or nobody urgent waits any more.
    freed: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Reader>,
    n_busy: usize,
    /// Who waits for a process with a person behind him: a pile lets them pass.
    n_urgent: usize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    pub(super) fn new(program: PathBuf, limits: ReaderLimits) -> Self {
        Self { program, limits, reads_words: true, state: Mutex::default(), freed: Condvar::new() }
    }

    /// Asks a reading process, one that has the paper open where there is one; waits `seconds`. What it says before
    /// its answer goes to `on_news`.
    pub(super) fn ask(
        &self,
        request: Request,
        stages: Stages,
        seconds: u64,
        (urgency, on_news): (Urgency, OnNews<'_>),
    ) -> Result<(Response, Vec<u8>), ReadError> {
        let identity = request.parts.identity().map_err(|_| ReadError::Unreachable)?;
        let paper = (identity, request.limits);
        self.ask_one(Some(&paper), urgency, |reader| reader.ask(request, &paper, stages, seconds, on_news))
    }

    /// Asks a reading process for something with these `bytes` alone; it forgets them afterwards.
    pub(super) fn ask_of_bytes(
        &self,
        request: Request,
        bytes: Arc<Vec<u8>>,
        stages: Stages,
        seconds: u64,
    ) -> Result<(Response, Vec<u8>), ReadError> {
        self.talk_of_bytes(request, bytes, (stages, seconds), |talk| talk.hear())
    }

    /// The same, where what is asked next hangs on the answer: the process keeps what it found out meanwhile. `talk`
    /// goes on while the process works, until it wants to hear.
    pub(super) fn talk_of_bytes<T>(
        &self,
        request: Request,
        bytes: Arc<Vec<u8>>,
        (stages, seconds): (Stages, u64),
        talk: impl FnOnce(&mut Talk<'_>) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        self.ask_one(None, Urgency::Desk, |reader| {
            reader.paper = None;
            let length = bytes.len() as u64;
            let limits = request.limits;
            let order = Order { request, stages, lengths: Some(vec![length]) };
            let asked = Instant::now();
            let sent = reader.tell(order, vec![(Source::Bytes(bytes), length)]);
            talk(&mut Talk { reader, limits, stages, seconds, asked, sent })
        })
    }

    fn ask_one<T>(
        &self,
        paper: Option<&(Identity, Limits)>,
        urgency: Urgency,
        ask: impl FnOnce(&mut Reader) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let mut turn = self.take(paper, urgency);
        let mut reader = match turn.reader.take() {
            Some(reader) => reader,
            None => self.start()?,
        };
        let answer = ask(&mut reader);
        // Whoever failed is not asked again: `reader` is dropped, and its process ended.
        if answer.is_ok() {
            lock(&self.state).idle.push(reader);
        }
        answer
    }

    fn take(&self, paper: Option<&(Identity, Limits)>, urgency: Urgency) -> Turn<'_> {
        let most = self.limits.n_readers.max(1);
        let mut state = lock(&self.state);
        let is_urgent = urgency == Urgency::Desk;
        state.n_urgent += usize::from(is_urgent);
        while state.n_busy >= most || (!is_urgent && state.n_urgent > 0) {
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.n_busy += 1;
        state.n_urgent -= usize::from(is_urgent);
        if is_urgent && state.n_urgent == 0 && state.n_busy < most {
            self.freed.notify_all(); // the pile may go on beside this one
        }
        let has_it_open = state.idle.iter().position(|r| r.paper.as_ref() == paper);
        let has_none = || state.idle.iter().position(|r| r.paper.is_none());
        let reader = match has_it_open.or_else(has_none) {
            Some(at) => Some(state.idle.swap_remove(at)),
            // A new process rather than one that has another paper open, while there is room.
            None if state.idle.len() + state.n_busy <= most => None,
            None => state.idle.pop(),
        };
        Turn { pool: self, reader }
    }

    fn start(&self) -> Result<Reader, ReadError> {
        let mut command = Command::new(&self.program);
        command.arg("reader").env_clear();
        for name in ["PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TESSDATA_PREFIX", "TMPDIR"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        if !self.reads_words {
            command.env(NO_WORDS_VARIABLE, "1");
        }
        let mut process = command
            .env("OMP_THREAD_LIMIT", "1")
            // Files and pictures take whole megabytes: in large pages the kernel hands them out at once.
            .env("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")
            .env(MEMORY_VARIABLE, self.limits.memory_bytes.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|_| ReadError::NoReader)?;
        let pipes = (process.stdin.take(), process.stdout.take(), process.stderr.take());
        let (Some(mut stdin), Some(mut stdout), Some(mut stderr)) = pipes else {
            return Err(ReadError::NoReader);
        };
        // Where the kernel refuses, it only takes longer.
        let _ = fcntl(&stdin, FcntlArg::F_SETPIPE_SZ(PIPE_BYTES));
        let _ = fcntl(&stdout, FcntlArg::F_SETPIPE_SZ(PIPE_BYTES));
        // A thread of its own: a process that reads no more must not hold up who waits for it.
        let (orders, ordered) = mpsc::channel::<ToSend>();
        thread::spawn(move || {
            for (order, files, sent) in ordered {
                if wire::send_order(&mut stdin, &order, files).is_err() {
                    break;
                }
                drop(sent);
            }
        });
        let (answered, answers) = mpsc::channel();
        thread::spawn(move || {
            while let Ok(answer) = wire::receive::<Response>(&mut stdout) {
                if let Response::Ready { confinement } = answer.0 {
                    note(confinement);
                    continue;
                }
                if answered.send(answer).is_err() {
                    break;
                }
            }
        });
        let last_words = thread::spawn(move || {
            let (mut buffer, mut heard) = ([0u8; 1024], Vec::new());
            while let Ok(n @ 1..) = stderr.read(&mut buffer) {
                heard.extend_from_slice(&buffer[..n]);
                let excess = heard.len().saturating_sub(4096);
                heard.drain(..excess);
            }
            heard
        });
        let last_words = Some(last_words);
        Ok(Reader { process, orders, answers, last_words, paper: None })
    }
}

/// The right to use one process; gives it back when dropped.
struct Turn<'p> {
    pool: &'p Pool,
    reader: Option<Reader>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        lock(&self.pool.state).n_busy -= 1;
        // All: of those who wait, the one who is let in may be of a pile and has to let others pass.
        self.pool.freed.notify_all();
    }
}

/// Says once what the kernel does not hold.
fn note(confinement: Confinement) {
    static ONCE: Once = Once::new();
    if !confinement.is_whole() {
        let Confinement { landlock, seccomp } = confinement;
        ONCE.call_once(|| tracing::warn!(?landlock, ?seccomp, "reading processes are confined in part only"));
    }
}

impl Reader {
    fn ask(
        &mut self,
        request: Request,
        paper: &(Identity, Limits),
        stages: Stages,
        seconds: u64,
        on_news: OnNews<'_>,
    ) -> Result<(Response, Vec<u8>), ReadError> {
        let mut files = Vec::new();
        let mut lengths = None;
        if self.paper.as_ref() != Some(paper) {
            files = request.parts.open().map_err(|_| ReadError::Unreachable)?;
            let found: u64 = files.iter().map(|(_, length)| length).sum();
            if found > request.limits.max_bytes {
                return Err(ReadError::TooManyBytes { found, limit: request.limits.max_bytes });
            }
            lengths = Some(files.iter().map(|(_, length)| *length).collect());
            self.paper = Some(paper.clone());
        }
        self.answer(Order { request, stages, lengths }, files, seconds, on_news)
    }

    fn answer(
        &mut self,
        order: Order,
        files: Vec<(Source, u64)>,
        seconds: u64,
        on_news: OnNews<'_>,
    ) -> Result<(Response, Vec<u8>), ReadError> {
        let stages = order.stages;
        self.tell(order, files);
        self.hear(stages, (Instant::now(), seconds), on_news)
    }

    /// Sends an order; what is given back ends when it is sent.
    fn tell(&self, order: Order, files: Vec<(Source, u64)>) -> mpsc::Receiver<()> {
        let (sending, sent) = mpsc::channel();
        // Where the other end is gone, the answers end too, and tell why.
        let _ = self.orders.send((order, files, sending));
        sent
    }

    fn hear(
        &mut self,
        stages: Stages,
        (started, seconds): (Instant, u64),
        on_news: OnNews<'_>,
    ) -> Result<(Response, Vec<u8>), ReadError> {
        let allowed = Duration::from_secs(seconds);
        loop {
            match self.answers.recv_timeout(allowed.saturating_sub(started.elapsed())) {
                Ok((news @ Response::Head { .. }, _)) => on_news(news),
                Ok(answer) => return Ok(answer),
                Err(mpsc::RecvTimeoutError::Timeout) => return Err(ReadError::OutOfTime { seconds }),
                Err(mpsc::RecvTimeoutError::Disconnected) => return Err(self.how_it_ended(stages)),
            }
        }
    }

    fn how_it_ended(&mut self, stages: Stages) -> ReadError {
        let _ = self.process.kill();
        let signal = self.process.wait().ok().and_then(|status| status.signal());
        let words = self.last_words.take().and_then(|heard| heard.join().ok()).unwrap_or_default();
        let words = String::from_utf8_lossy(&words);
        let lacked_memory = ["memory allocation", "bad_alloc", "out of memory", "capacity overflow"]
            .iter()
            .any(|w| words.contains(w));
        if signal == Some(Signal::XCPU.as_raw()) {
            ReadError::OutOfTime { seconds: stages.decode }
        } else if lacked_memory {
            ReadError::OutOfMemory
        } else {
            ReadError::Crashed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_waited_for_goes_before_the_pile() {
        let pool = Pool::new(PathBuf::new(), ReaderLimits { n_readers: 1, ..ReaderLimits::default() });
        let served = Mutex::new(Vec::new());
        let busy = pool.take(None, Urgency::Pile);
        thread::scope(|scope| {
            for urgency in [Urgency::Pile, Urgency::Pile, Urgency::Desk] {
                let (pool, served) = (&pool, &served);
                scope.spawn(move || {
                    let turn = pool.take(None, urgency);
                    lock(served).push(urgency);
                    drop(turn);
                });
            }
            while lock(&pool.state).n_urgent == 0 {
                thread::yield_now();
            }
            drop(busy);
        });
        assert_eq!(lock(&served).as_slice(), [Urgency::Desk, Urgency::Pile, Urgency::Pile]);
        let state = lock(&pool.state);
        assert_eq!((state.n_busy, state.n_urgent), (0, 0));
    }
}
