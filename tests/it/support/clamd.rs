//! An antivirus program: clamd, with one signature of our own and no other.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

/// What the signature finds, anywhere in a file.
pub const MARK: &[u8] = b"%sohoa: a mark that stands for malware";
/// What clamd calls it: the name of the signature.
pub const NAME: &str = "Sohoa.Mark";
/// Largest file it takes.
pub const MOST_BYTES: usize = 4 << 20;

pub struct Clamd {
    folder: TempDir,
    process: Child,
}

impl Clamd {
    /// Starts one on a socket of its own and waits until it is ready.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lists = folder.path().join("lists");
        fs::create_dir(&lists).unwrap();
        let mark: String = MARK.iter().map(|b| format!("{b:02x}")).collect();
        fs::write(lists.join("sohoa.ndb"), format!("{NAME}:0:*:{mark}\n")).unwrap();
        let socket = folder.path().join("clamd.ctl");
        let settings = format!(
            "Foreground yes\nDatabaseDirectory {}\nLocalSocket {}\nStreamMaxLength {MOST_BYTES}\nTemporaryDirectory {}\n",
            lists.display(),
            socket.display(),
            folder.path().display()
        );
        let config = folder.path().join("clamd.conf");
        fs::write(&config, settings).unwrap();
        let process = Command::new("/usr/sbin/clamd")
            .arg("--config-file")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("clamd is installed (samples/packages.sh)");
        let clamd = Self { folder, process };
        for _ in 0..1200 {
            if tokio::net::UnixStream::connect(clamd.socket()).await.is_ok() {
                return clamd;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("clamd never listened");
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("clamd.ctl")
    }
}

impl Drop for Clamd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
