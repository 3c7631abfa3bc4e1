//! What a reading process takes from itself before it sees a foreign byte: files, the network, other
//! processes, most calls to the kernel; and how much memory and time it leaves itself.
//!
//! The papers come over stdin and the model is loaded before, so nothing has to be opened any more. What
//! a kernel doesn't offer is left out and said; it never stops the work.

use std::{cell::RefCell, collections::BTreeMap, fs, io, net, process::Command, time::Duration};

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetStatus, Scope};
use nix::{
    sys::{
        signal::{SigEvent, SigevNotify, Signal},
        timer::{Expiration, Timer, TimerSetTimeFlags},
    },
    time::ClockId,
};
use rustix::process::{Resource, Rlimit, getpid, setrlimit};
use seccompiler::{
    SeccompAction, SeccompCmpArgLen as Width, SeccompCmpOp as Is, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter_all_threads,
};
use serde::{Deserialize, Serialize};

/// How much of a restriction the kernel took on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// All that was asked for.
    Whole,
    /// An older kernel: less than was asked for.
    Part,
    /// Nothing.
    None,
}

/// What holds a reading process, beside its limits of memory and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinement {
    /// Files, network, signals: Landlock.
    pub landlock: Hold,
    /// Calls to the kernel: seccomp.
    pub seccomp: Hold,
}

impl Confinement {
    /// Whether nothing is missing.
    pub fn is_whole(self) -> bool {
        self.landlock == Hold::Whole && self.seccomp == Hold::Whole
    }
}

/// One thing that a reading process tried and must not be able to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// `read_file`, `connect` and the like.
    pub what: String,
    /// Whether the kernel refused it.
    pub is_refused: bool,
}

/// Processor time until the first order: starting the engine takes less than a tenth of a second.
const START_SECONDS: u64 = 30;

/// Bounds that hold in any kernel. `memory_bytes`: address space.
pub(super) fn limit(memory_bytes: Option<u64>) {
    // Without them the parent's watch still holds; a kernel that refuses them changes nothing else.
    let bound = |resource, most: u64| {
        let _ = setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    };
    if let Some(bytes) = memory_bytes {
        bound(Resource::As, bytes);
    }
    bound(Resource::Core, 0);
    bound(Resource::Fsize, 0);
    bound(Resource::Nofile, 16);
    allow_processor(START_SECONDS);
}

/// No further process: after the last thread was started, as threads count too.
pub(super) fn limit_processes() {
    let _ = setrlimit(Resource::Nproc, Rlimit { current: Some(0), maximum: Some(0) });
}

thread_local! {
    /// Counts the processor time of this process, and ends it.
    ///
    /// Not `RLIMIT_CPU`: the kernel holds that against a count by ticks, which runs away from the time really
    /// used by several percent, until a process that has worked long enough has no second left.
    static PROCESSOR_TIMER: RefCell<Option<Timer>> = RefCell::new(processor_timer());
}

fn processor_timer() -> Option<Timer> {
    let ends = SigEvent::new(SigevNotify::SigevSignal { signal: Signal::SIGXCPU, si_value: 0 });
    Timer::new(ClockId::CLOCK_PROCESS_CPUTIME_ID, ends).ok()
}

/// From now on the process may use the processor for so many seconds; then the kernel ends it (`SIGXCPU`).
///
/// The first call makes the timer, which a confined process may not: see [`limit`].
pub(super) fn allow_processor(seconds: u64) {
    let once = Expiration::OneShot(Duration::from_secs(seconds.max(1)).into());
    PROCESSOR_TIMER.with_borrow_mut(|timer| {
        // Without it the parent's watch still holds.
        let _ = timer.as_mut().map(|timer| timer.set(once, TimerSetTimeFlags::empty()));
    });
}

/// Gives up files, network and calls; to be called while there is one thread.
pub(super) fn confine() -> Confinement {
    Confinement { landlock: no_files(), seccomp: few_calls() }
}

fn no_files() -> Hold {
    const KNOWN: ABI = ABI::V6;
    let restricted = Ruleset::default()
        .handle_access(AccessFs::from_all(KNOWN))
        .and_then(|set| set.handle_access(AccessNet::from_all(KNOWN)))
        .and_then(|set| set.scope(Scope::from_all(KNOWN)))
        .and_then(Ruleset::create)
        .and_then(landlock::RulesetCreated::restrict_self);
    match restricted.map(|status| status.ruleset) {
        Ok(RulesetStatus::FullyEnforced) => Hold::Whole,
        Ok(RulesetStatus::PartiallyEnforced) => Hold::Part,
        Ok(RulesetStatus::NotEnforced) | Err(_) => Hold::None,
    }
}

/// What computing, memory, threads and three open streams need; opening is not among it.
const CALLS: &[libc::c_long] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_lseek,
    libc::SYS_ppoll,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_membarrier,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_getcpu,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_times,
    libc::SYS_timer_settime,
    libc::SYS_timer_delete,
    libc::SYS_getrusage,
    libc::SYS_getrandom,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_sysinfo,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_clone3, // answered "unknown" by the other filter, so that `clone` is asked
    libc::SYS_exit,
    libc::SYS_exit_group,
];

fn few_calls() -> Hold {
    // In this order: the second filter refuses to install more.
    match (install_unknown(), install_allowed()) {
        (Some(()), Some(())) => Hold::Whole,
        (_, None) => Hold::None,
        (None, Some(())) => Hold::Part,
    }
}

/// Everything but [`CALLS`] and what is bound to harmless arguments is refused with `EPERM`.
fn install_allowed() -> Option<()> {
    let only = |argument, width, is, value| {
        let condition = SeccompCondition::new(argument, width, is, value).ok()?;
        Some(vec![SeccompRule::new(vec![condition]).ok()?])
    };
    let thread = libc::CLONE_THREAD as u64;
    let own_pid = u64::from(getpid().as_raw_nonzero().get().unsigned_abs());
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = CALLS.iter().map(|call| (*call, Vec::new())).collect();
    rules.insert(libc::SYS_clone, only(0, Width::Qword, Is::MaskedEq(thread), thread)?);
    rules.insert(libc::SYS_tgkill, only(0, Width::Dword, Is::Eq, own_pid)?);
    rules.insert(libc::SYS_prlimit64, only(0, Width::Dword, Is::Eq, 0)?);
    rules.insert(libc::SYS_prctl, only(0, Width::Dword, Is::Eq, libc::PR_SET_NAME as u64)?);
    install(rules, SeccompAction::Errno(libc::EPERM.unsigned_abs()), SeccompAction::Allow)
}

/// The arguments of `clone3` can't be looked at, those of `clone` can.
fn install_unknown() -> Option<()> {
    let rules = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    install(rules, SeccompAction::Allow, SeccompAction::Errno(libc::ENOSYS.unsigned_abs()))
}

fn install(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    others: SeccompAction,
    these: SeccompAction,
) -> Option<()> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).ok()?;
    let filter = SeccompFilter::new(rules, others, these, arch).ok()?;
    let program: seccompiler::BpfProgram = filter.try_into().ok()?;
    apply_filter_all_threads(&program).ok()
}

/// Tries what must not be possible, harmlessly; says what was refused.
pub(super) fn attempts() -> Vec<Attempt> {
    fn refused<T>(result: io::Result<T>) -> bool {
        result.is_err_and(|e| e.kind() == io::ErrorKind::PermissionDenied)
    }
    let file = std::env::temp_dir().join(format!("sohoa-attempt-{}", std::process::id()));
    let written = fs::File::create_new(&file);
    let was_written = written.is_ok();
    let attempts = [
        ("read_file", refused(fs::File::open("/etc/passwd"))),
        ("list_folder", refused(fs::read_dir("/"))),
        ("write_file", refused(written)),
        ("connect", refused(net::TcpStream::connect((net::Ipv4Addr::LOCALHOST, 1)))),
        ("listen", refused(net::TcpListener::bind((net::Ipv4Addr::LOCALHOST, 0)))),
        ("send_datagram", refused(net::UdpSocket::bind((net::Ipv4Addr::LOCALHOST, 0)))),
        ("local_socket", refused(std::os::unix::net::UnixStream::pair())),
        ("start_program", refused(Command::new("/bin/true").status())),
        ("much_memory", Vec::<u8>::new().try_reserve_exact(1 << 40).is_err()),
    ];
    if was_written {
        let _ = fs::remove_file(&file);
    }
    attempts.map(|(what, is_refused)| Attempt { what: what.to_owned(), is_refused }).into()
}
