//! The signing agent as it runs on an officer's computer, with somebody at its window.

use std::{
    io::{Read, Write},
    path::Path,
    process::{Child, ChildStdin, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver},
    },
    time::Duration,
};

use super::{
    cli::command,
    token::{MODULE, Token},
};

/// Longer than anything here takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Agent {
    child: Child,
    window: ChildStdin,
    shown: Receiver<String>,
    /// What the window showed since the last look.
    text: String,
    /// What it showed beside that: nothing, or an officer wonders.
    errors: Arc<Mutex<String>>,
    /// Where it listens.
    pub url: String,
}

impl Agent {
    /// An agent with a token, for pages of these origins.
    pub fn with_token(token: &Token, origins: &[&str]) -> Self {
        Self::start(&token.settings(), origins, &["--token", "can-bo"])
    }

    pub fn start(settings: &Path, origins: &[&str], more: &[&str]) -> Self {
        let mut agent = command();
        agent.args(["agent", "--pkcs11", MODULE]).args(more);
        if !more.contains(&"--port") {
            agent.args(["--port", "0"]);
        }
        for origin in origins {
            agent.args(["--origin", origin]);
        }
        agent
            .env("SOFTHSM2_CONF", settings)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = agent.spawn().unwrap();
        let (window, mut out) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (to, shown) = mpsc::channel();
        std::thread::spawn(move || {
            let (mut bytes, mut rest) = ([0; 4096], Vec::new());
            while let Ok(n @ 1..) = out.read(&mut bytes) {
                rest.extend_from_slice(&bytes[..n]);
                let whole = std::str::from_utf8(&rest).map_or_else(|e| e.valid_up_to(), str::len);
                let text: Vec<u8> = rest.drain(..whole).collect();
                if to.send(String::from_utf8(text).unwrap()).is_err() {
                    return;
                }
            }
        });
        let errors = Arc::new(Mutex::new(String::new()));
        let (mut told, kept) = (child.stderr.take().unwrap(), errors.clone());
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(n @ 1..) = told.read(&mut bytes) {
                kept.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..n]));
            }
        });
        let mut agent = Self { child, window, shown, text: String::new(), errors, url: String::new() };
        let first = agent.shows("Nhấn Ctrl+C để dừng.");
        let from = first.find("http://127.0.0.1:").unwrap();
        first[from..].split(',').next().unwrap().clone_into(&mut agent.url);
        agent
    }

    /// Waits until the window shows this, and gives all that it showed since the last time.
    pub fn shows(&mut self, wanted: &str) -> String {
        loop {
            if let Some(at) = self.text.find(wanted) {
                let rest = self.text.split_off(at + wanted.len());
                return std::mem::replace(&mut self.text, rest);
            }
            match self.shown.recv_timeout(PATIENCE) {
                Ok(text) => self.text.push_str(&text),
                Err(_) => panic!("the window never showed {wanted:?} but: {}", self.text),
            }
        }
    }

    /// What it wrote that is for nobody at the window.
    pub fn errors(&self) -> String {
        self.errors.lock().unwrap().clone()
    }

    /// Waits for the question, and answers; gives what stood above it.
    pub fn answers(&mut self, line: &str) -> String {
        let asked = self.shows("hoặc Enter để từ chối: ");
        self.window.write_all(format!("{line}\n").as_bytes()).unwrap();
        asked
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
