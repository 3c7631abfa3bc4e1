//! Which key signs: the arguments, and opening it.

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::Args;

use crate::{
    engines::signature::seal::key::{
        KeyError, Secret, Signer,
        pkcs11::{Pkcs11Signer, TokenKey},
        pkcs12::Pkcs12Signer,
    },
    faces::cli::{Exit, Stop},
    workflows::files::read_within,
};

/// Longest key file.
const MOST_BYTES: u64 = 8 << 20;

#[derive(Args)]
pub(in crate::faces::cli) struct KeyArgs {
    /// Khóa trong tệp PKCS#12
    #[arg(long, value_name = "F", conflicts_with = "pkcs11", requires = "password_file")]
    p12: Option<PathBuf>,
    /// Tệp chứa mật khẩu của tệp PKCS#12
    #[arg(long, value_name = "F", requires = "p12")]
    password_file: Option<PathBuf>,
    /// Mô-đun PKCS#11 của thiết bị ký
    #[arg(long, value_name = "MODULE", requires = "pin_file")]
    pkcs11: Option<PathBuf>,
    /// Nhãn của thiết bị ký
    #[arg(long, value_name = "LABEL", requires = "pkcs11")]
    token: Option<String>,
    /// Số khe của thiết bị ký
    #[arg(long, value_name = "N", requires = "pkcs11")]
    slot: Option<u64>,
    /// Tệp chứa mã PIN
    #[arg(long, value_name = "F", requires = "pkcs11")]
    pin_file: Option<PathBuf>,
    /// Nhãn hoặc mã (hex) của khóa
    #[arg(long, value_name = "LABEL", requires = "pkcs11")]
    key: Option<String>,
    /// Chứng thư số (PEM hoặc DER), khi không nằm cùng khóa
    #[arg(long, value_name = "F")]
    pub(super) certificate: Option<PathBuf>,
    /// Các chứng thư số của nơi cấp
    #[arg(long, value_name = "F")]
    chain: Option<PathBuf>,
}

/// Reads a small file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Stop> {
    read_within(path, MOST_BYTES).map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => Stop::usage(format!("{} quá lớn", path.display())),
        _ => Stop::usage(format!("không đọc được {}: {error}", path.display())),
    })
}

/// A password or PIN out of a file.
pub(in crate::faces::cli) fn secret(path: &Path) -> Result<Secret, Stop> {
    let text = String::from_utf8(read(path)?);
    let text = text.map_err(|_| Stop::usage(format!("{} không phải văn bản UTF-8", path.display())))?;
    Ok(Secret::new(&text))
}

/// Opens a PKCS#12 file.
pub(in crate::faces::cli) fn open_p12(
    file: &Path,
    password: &Path,
    chain: &[Vec<u8>],
) -> Result<Pkcs12Signer, Stop> {
    Pkcs12Signer::open(&read(file)?, &secret(password)?, chain).map_err(stop)
}

impl KeyArgs {
    /// Certificates of issuers that were given beside.
    pub(super) fn chain(&self) -> Result<Vec<Vec<u8>>, Stop> {
        self.chain.as_deref().map_or(Ok(Vec::new()), super::certificates)
    }

    /// The certificate that was given beside.
    pub(super) fn certificate(&self) -> Result<Option<Vec<u8>>, Stop> {
        let found = self.certificate.as_deref().map(super::certificates).transpose()?;
        Ok(found.and_then(|found| found.into_iter().next()))
    }

    /// The key that signs.
    pub(super) fn open(&self) -> Result<Box<dyn Signer + Sync>, Stop> {
        let chain = self.chain()?;
        match (&self.p12, &self.pkcs11) {
            (Some(file), _) => {
                let password =
                    self.password_file.as_deref().ok_or_else(|| Stop::usage("cần --password-file"))?;
                Ok(Box::new(open_p12(file, password, &chain)?))
            }
            (None, Some(module)) => {
                let pin = self.pin_file.as_deref().ok_or_else(|| Stop::usage("cần --pin-file"))?;
                let place = TokenKey {
                    module: module.clone(),
                    token: self.token.clone(),
                    slot: self.slot,
                    key: self.key.clone(),
                    certificate: self.certificate()?,
                    pin: secret(pin)?,
                };
                Ok(Box::new(Pkcs11Signer::open(place, &chain).map_err(stop)?))
            }
            (None, None) => Err(Stop::usage("cần một khóa: --p12 hoặc --pkcs11")),
        }
    }
}

fn stop(error: KeyError) -> Stop {
    let exit = if error == KeyError::TokenLost { Exit::StorageUnreachable } else { Exit::Usage };
    Stop::new(exit, error.to_string())
}
