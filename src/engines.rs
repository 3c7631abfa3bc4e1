//! Floor 1: bytes in, typed findings out. CPU only: no database, no network, no clock.

#[cfg(not(fuzzing))]
pub mod assembly;
#[cfg(not(fuzzing))]
pub mod client_certificate;
#[cfg(not(fuzzing))]
pub mod credentials;
#[cfg(not(fuzzing))]
pub mod evidence;
#[cfg(not(fuzzing))]
pub mod extraction;
pub mod imaging;
#[cfg(not(fuzzing))]
pub mod native;
#[cfg(not(fuzzing))]
pub mod ocr;
#[cfg(not(fuzzing))]
pub mod oidc;
#[cfg(not(fuzzing))]
pub mod overlay;
pub mod pdf;
#[cfg(not(fuzzing))]
pub mod reader;
pub mod signature;
pub mod stamp;
pub mod table;
