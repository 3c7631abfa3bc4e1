//! An officer's token: SoftHSM, spoken to by a program of its own (pkcs11-tool), as a signing agent would.

use std::{ffi::OsStr, path::PathBuf, process::Command};

use openssl::pkey::{PKey, Private};
use tempfile::TempDir;

pub const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
pub const PIN: &str = "123456";

pub struct Token {
    folder: TempDir,
}

impl Token {
    /// A token that holds this key.
    pub fn with_key(key: &PKey<Private>) -> Self {
        let token = Self::absent();
        let key_file = token.path("key.pem");
        std::fs::write(&key_file, key.private_key_to_pem_pkcs8().unwrap()).unwrap();
        let init = ["--init-token", "--free", "--label", "can-bo", "--pin", PIN, "--so-pin", PIN];
        token.run("softhsm2-util", "softhsm2", &init.map(OsStr::new));
        let import = [
            "--import".as_ref(),
            key_file.as_os_str(),
            "--token".as_ref(),
            "can-bo".as_ref(),
            "--label".as_ref(),
            "ky-so".as_ref(),
            "--id".as_ref(),
            "01".as_ref(),
            "--pin".as_ref(),
            PIN.as_ref(),
        ];
        token.run("softhsm2-util", "softhsm2", &import);
        std::fs::remove_file(key_file).unwrap();
        token
    }

    /// The same with its certificate beside it.
    pub fn with_certificate(key: &PKey<Private>, certificate: &[u8]) -> Self {
        let token = Self::with_key(key);
        let file = token.path("certificate");
        std::fs::write(&file, certificate).unwrap();
        let arguments = [
            "--type".as_ref(),
            "cert".as_ref(),
            "--id".as_ref(),
            "01".as_ref(),
            "--label".as_ref(),
            "ky-so".as_ref(),
            "--write-object".as_ref(),
            file.as_os_str(),
        ];
        token.ask(&arguments);
        token
    }

    /// A place for tokens with none in it.
    pub fn absent() -> Self {
        let token = Self { folder: tempfile::tempdir().unwrap() };
        token.prepare();
        token
    }

    /// As if somebody had taken it away.
    pub fn pull_out(&self) {
        std::fs::remove_dir_all(self.path("tokens")).unwrap();
    }

    fn prepare(&self) {
        let tokens = self.path("tokens");
        std::fs::create_dir(&tokens).unwrap();
        let settings = format!("directories.tokendir = {}\nobjectstore.backend = file\n", tokens.display());
        std::fs::write(self.path("softhsm2.conf"), settings).unwrap();
    }

    /// What `SOFTHSM2_CONF` has to say for a program that is to find the token.
    pub fn settings(&self) -> PathBuf {
        self.path("softhsm2.conf")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, program: &str, package: &str, arguments: &[&OsStr]) {
        let output = Command::new(program)
            .args(arguments)
            .env("SOFTHSM2_CONF", self.path("softhsm2.conf"))
            .output()
            .unwrap_or_else(|e| panic!("`{program}` is needed by this test (package {package}): {e}"));
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Asks the token something, with its PIN.
    fn ask(&self, arguments: &[&OsStr]) {
        let mut all: Vec<&OsStr> =
            vec!["--module".as_ref(), MODULE.as_ref(), "--login".as_ref(), "--pin".as_ref(), PIN.as_ref()];
        all.extend(arguments);
        self.run("pkcs11-tool", "opensc", &all);
    }

    /// The signature of `bytes`, RSA with SHA-256, made on the token.
    pub fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        let (input, output) = (self.path("input"), self.path("output"));
        std::fs::write(&input, bytes).unwrap();
        let arguments = [
            "--sign".as_ref(),
            "--mechanism".as_ref(),
            "SHA256-RSA-PKCS".as_ref(),
            "--label".as_ref(),
            "ky-so".as_ref(),
            "--input-file".as_ref(),
            input.as_os_str(),
            "--output-file".as_ref(),
            output.as_os_str(),
        ];
        self.ask(&arguments);
        std::fs::read(output).unwrap()
    }
}
