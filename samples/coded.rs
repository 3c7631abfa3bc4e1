//! `coded --program SOHOA --trust F --key P12 --password F --rounds N CODE FILE`: how long the service takes to write a code
//! onto a PDF, milliseconds: for measuring it without starting a process each time.

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use sohoa::{
    clock::Clock,
    domain::code::DocumentCode,
    engines::{
        reader::{ReaderLimits, Readers},
        signature::order::VerifyOrder,
    },
    workflows::{
        agency::{self, AgencySeal, SealPlaces},
        verify::{TrustPlaces, read_trust},
    },
};

/// Milliseconds of one round, and by which way; `None` where the words are not as they should be.
fn measured(words: &[String]) -> Option<Result<String, String>> {
    let option = |name: &str| {
        let at = words.iter().position(|word| word == name)?;
        words.get(at + 1).cloned()
    };
    let (program, key, rounds) = (option("--program")?, option("--key")?, option("--rounds")?);
    let (trust, password) = (option("--trust").map(PathBuf::from), option("--password").map(PathBuf::from));
    let rounds: u32 = rounds.parse().ok().filter(|rounds| *rounds > 0)?;
    let [.., code, file] = words else { return None };
    let measure = || -> Result<String, String> {
        let code = DocumentCode::parse(code).map_err(|e| e.to_string())?;
        let places = SealPlaces { p12: Some(key.into()), password_file: password, ..SealPlaces::default() };
        let seal = AgencySeal::open(&places).map_err(|e| e.to_string())?;
        let trust =
            read_trust(&TrustPlaces { trust, ..TrustPlaces::default() }).map_err(|e| e.to_string())?;
        let readers = Readers::new(program.into(), ReaderLimits { n_readers: 1, ..ReaderLimits::default() });
        let input = std::fs::read(file).map_err(|e| e.to_string())?;
        let once = |input: Vec<u8>| {
            let at = Clock::System.now();
            let judge =
                VerifyOrder { trust: trust.clone(), at, received_at: None, password: None, type_code: None };
            let started = Instant::now();
            let stamped = agency::stamp(&readers, Some(&seal), input, code.clone(), judge);
            stamped.map(|stamped| (stamped, started.elapsed())).map_err(|e| e.to_string())
        };
        let (first, _) = once(input.clone())?; // the process starts here
        let mut all = Duration::ZERO;
        for _ in 0..rounds {
            all += once(input.clone())?.1;
        }
        let each = all.as_secs_f64() * 1000.0 / f64::from(rounds);
        Ok(format!("{each:.1} {:?}", first.way))
    };
    Some(measure())
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match measured(&words) {
        Some(Ok(said)) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Some(Err(cause)) => {
            eprintln!("{cause}");
            ExitCode::FAILURE
        }
        None => {
            eprintln!("coded --program SOHOA --trust F --key P12 --password F --rounds N CODE FILE");
            ExitCode::from(2)
        }
    }
}
