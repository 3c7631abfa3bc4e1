//! Keys in PKCS#12 files, old ones too (RC2-40, 3DES): those through OpenSSL's legacy provider.

use openssl::{
    hash::MessageDigest,
    pkcs12::{ParsedPkcs12_2, Pkcs12},
    pkey::{PKey, Private},
    provider::Provider,
    sign,
};

use super::{KeyError, Secret, Signer, SigningCertificate};

/// A key out of a PKCS#12 file.
pub struct Pkcs12Signer {
    key: PKey<Private>,
    certificate: SigningCertificate,
}

impl Pkcs12Signer {
    /// Opens the file's bytes; `others` may complete the chain.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn open(bytes: &[u8], password: &Secret, others: &[Vec<u8>]) -> Result<Self, KeyError> {
        let file = Pkcs12::from_der(bytes).map_err(|_| KeyError::NotPkcs12)?;
        let password = password.expose();
        if password.contains('\0') {
            return Err(KeyError::WrongPassword);
        }
        let ParsedPkcs12_2 { pkey, cert, ca } = parse(&file, password)?;
        let key = pkey.ok_or_else(|| KeyError::NotFound("khóa riêng trong tệp PKCS#12".to_owned()))?;
        let found = cert.ok_or_else(|| KeyError::NotFound("chứng thư số trong tệp PKCS#12".to_owned()))?;
        if !found.public_key().is_ok_and(|public| public.public_eq(&key)) {
            return Err(KeyError::OtherKey);
        }
        let in_file = ca.into_iter().flatten().filter_map(|certificate| certificate.to_der().ok());
        let others: Vec<Vec<u8>> = in_file.chain(others.iter().cloned()).collect();
        let der = found.to_der().map_err(|_| KeyError::BadCertificate)?;
        Ok(Self { key, certificate: SigningCertificate::new(&der, &others)? })
    }
}

fn parse(file: &Pkcs12, password: &str) -> Result<ParsedPkcs12_2, KeyError> {
    const UNSUPPORTED: [&str; 2] = ["unsupported", "unknown"];
    let wrong = match file.parse2(password) {
        Ok(parsed) => return Ok(parsed),
        Err(fault) => fault,
    };
    let is_old = wrong.errors().iter().any(|error| {
        error
            .reason()
            .is_some_and(|reason| UNSUPPORTED.iter().any(|word| reason.to_lowercase().contains(word)))
    });
    if !is_old {
        return Err(KeyError::WrongPassword);
    }
    // Stays loaded while the file is read, and no longer.
    let _legacy = Provider::try_load(None, "legacy", true).map_err(|_| KeyError::Failed)?;
    file.parse2(password).map_err(|_| KeyError::WrongPassword)
}

impl Signer for Pkcs12Signer {
    fn certificate(&self) -> &SigningCertificate {
        &self.certificate
    }

    fn sign(&self, attributes: &[u8]) -> Result<Vec<u8>, KeyError> {
        let sign = || {
            let mut signer = sign::Signer::new(MessageDigest::sha256(), &self.key)?;
            signer.sign_oneshot_to_vec(attributes)
        };
        sign().map_err(|_| KeyError::Failed)
    }
}
