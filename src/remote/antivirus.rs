//! Asks an antivirus program about files: clamd's protocol (`INSTREAM`), over a socket of this machine or the
//! agency's network. What is done with the answer is known elsewhere.

use std::{io, net::SocketAddr, path::PathBuf, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixStream},
    time::timeout,
};

/// Bytes sent at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// A longer answer is none of clamd's.
const MOST_ANSWER_BYTES: u64 = 4096;
/// Letters kept of the name of what was found.
const MOST_NAME_LETTERS: usize = 100;

/// Where clamd listens, and how long it may take over one file.
#[derive(Debug, Clone)]
pub struct Antivirus {
    place: Place,
    for_one: Duration,
}

#[derive(Debug, Clone)]
enum Place {
    Tcp(SocketAddr),
    Socket(PathBuf),
}

/// What was said of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing was found.
    Clean,
    /// Something was.
    Infected {
        /// The antivirus program's name for it: letters, figures, `.`, `-`, `_`, `:`, `/`.
        name: String,
    },
}

/// Why a file was not looked at.
#[derive(Debug, thiserror::Error)]
pub enum AntivirusError {
    /// The address in the configuration is none.
    #[error("[antivirus] address cần là “địa chỉ:cổng” hoặc đường dẫn tuyệt đối của một socket")]
    Address,
    /// Nobody answered in time, or nobody is there.
    #[error(
        "chương trình quét mã độc không trả lời: báo quản trị hệ thống kiểm tra clamd; giấy tờ được giữ nguyên và sẽ được quét lại"
    )]
    Unreachable(#[source] io::Error),
    /// It takes no file of this size.
    #[error(
        "tệp lớn hơn giới hạn của chương trình quét mã độc: báo quản trị hệ thống tăng StreamMaxLength của clamd; giấy tờ được giữ nguyên"
    )]
    TooLarge,
    /// Another answer than the protocol's.
    #[error(
        "chương trình quét mã độc báo lỗi: báo quản trị hệ thống xem nhật ký của clamd; giấy tờ được giữ nguyên"
    )]
    Failed,
}

impl Antivirus {
    /// `address` is `ip:port`, or the path of a socket.
    ///
    /// # Errors
    /// [`AntivirusError::Address`].
    pub fn new(address: &str, for_one: Duration) -> Result<Self, AntivirusError> {
        let place = match address.parse() {
            Ok(address) => Place::Tcp(address),
            Err(_) if address.starts_with('/') => Place::Socket(PathBuf::from(address)),
            Err(_) => return Err(AntivirusError::Address),
        };
        Ok(Self { place, for_one })
    }

    /// What is known of some bytes.
    ///
    /// # Errors
    /// [`AntivirusError`]; the bytes are then neither clean nor not.
    pub async fn look_at(&self, bytes: &[u8]) -> Result<Verdict, AntivirusError> {
        let asked = async {
            match &self.place {
                Place::Tcp(address) => ask(TcpStream::connect(address).await?, bytes).await,
                Place::Socket(path) => ask(UnixStream::connect(path).await?, bytes).await,
            }
        };
        let late = |_| AntivirusError::Unreachable(io::ErrorKind::TimedOut.into());
        let answer =
            timeout(self.for_one, asked).await.map_err(late)?.map_err(AntivirusError::Unreachable)?;
        understood(&answer)
    }
}

/// Sends the bytes in pieces, each behind its length, and an empty one; gives the answer. clamd may answer, and hang
/// up, before it has everything: what it said counts.
async fn ask(mut clamd: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let sent = send(&mut clamd, bytes).await;
    let mut answer = Vec::new();
    let read = clamd.take(MOST_ANSWER_BYTES).read_to_end(&mut answer).await;
    if answer.is_empty() {
        sent?;
        read?;
    }
    Ok(answer)
}

async fn send(clamd: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    clamd.write_all(b"zINSTREAM\0").await?;
    for chunk in bytes.chunks(CHUNK_BYTES) {
        let length = u32::try_from(chunk.len()).expect("a chunk is 64 KiB at most");
        clamd.write_all(&length.to_be_bytes()).await?;
        clamd.write_all(chunk).await?;
    }
    clamd.write_all(&0u32.to_be_bytes()).await?;
    clamd.flush().await
}

/// `stream: OK`, `stream: <name> FOUND`, `<what is wrong> ERROR`.
fn understood(answer: &[u8]) -> Result<Verdict, AntivirusError> {
    let answer = String::from_utf8_lossy(answer);
    let answer = answer.trim_end_matches(['\0', '\n']);
    if answer.contains("size limit exceeded") {
        return Err(AntivirusError::TooLarge);
    }
    let Some(said) = answer.strip_prefix("stream: ") else { return Err(AntivirusError::Failed) };
    if said == "OK" {
        return Ok(Verdict::Clean);
    }
    let name = said.strip_suffix(" FOUND").ok_or(AntivirusError::Failed)?;
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || ".-_:/".contains(*c);
    Ok(Verdict::Infected { name: name.chars().filter(is_plain).take(MOST_NAME_LETTERS).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_clamd_are_understood_and_others_are_no_verdict() {
        let infected = |name: &str| Some(Verdict::Infected { name: name.to_owned() });
        let check = |answer: &[u8], expected: Option<Verdict>| {
            assert_eq!(understood(answer).ok(), expected, "{:?}", String::from_utf8_lossy(answer));
        };
        check(b"stream: OK\0", Some(Verdict::Clean));
        check(b"stream: OK\n", Some(Verdict::Clean));
        check(b"stream: Eicar-Signature FOUND\0", infected("Eicar-Signature"));
        check("stream: <b>Tên</b>.\u{7} FOUND\0".as_bytes(), infected("bTn/b."));
        let long = format!("stream: {} FOUND\0", "x".repeat(4000));
        check(long.as_bytes(), infected(&"x".repeat(MOST_NAME_LETTERS)));
        for no_verdict in [
            &b""[..],
            b"OK",
            b"stream: ",
            b"stream: OKAY",
            b"stream: FOUND",
            b"INSTREAM: Can't write to temporary file ERROR\0",
            b"UNKNOWN COMMAND\0",
            b"\xff\xfe\0",
        ] {
            check(no_verdict, None);
        }
        let too_large = understood(b"INSTREAM size limit exceeded. ERROR\0");
        assert!(matches!(too_large, Err(AntivirusError::TooLarge)));
    }

    #[test]
    fn an_address_is_a_port_or_a_path() {
        for (address, is_one) in [
            ("127.0.0.1:3310", true),
            ("[::1]:3310", true),
            ("/run/clamav/clamd.ctl", true),
            ("clamd", false),
            ("127.0.0.1", false),
            ("", false),
        ] {
            assert_eq!(Antivirus::new(address, Duration::from_secs(1)).is_ok(), is_one, "{address}");
        }
    }

    #[tokio::test]
    async fn the_whole_file_is_sent_and_silence_is_no_verdict() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let served = tokio::spawn(async move {
            let (mut asked, _) = listener.accept().await.unwrap();
            let mut received = Vec::new();
            let mut head = [0; 10];
            asked.read_exact(&mut head).await.unwrap();
            assert_eq!(&head, b"zINSTREAM\0");
            loop {
                let length = asked.read_u32().await.unwrap() as usize;
                if length == 0 {
                    break;
                }
                let mut chunk = vec![0; length];
                asked.read_exact(&mut chunk).await.unwrap();
                received.extend(chunk);
            }
            asked.write_all(b"stream: OK\0").await.unwrap();
            drop(asked);
            // The second one is never answered.
            let (silent, _) = listener.accept().await.unwrap();
            (received, silent)
        });
        let bytes: Vec<u8> = (0..200_000u32).map(|i| i.to_le_bytes()[1]).collect();
        let antivirus = Antivirus::new(&address, Duration::from_secs(30)).unwrap();
        assert_eq!(antivirus.look_at(&bytes).await.unwrap(), Verdict::Clean);
        let hasty = Antivirus::new(&address, Duration::from_millis(50)).unwrap();
        assert!(matches!(hasty.look_at(&bytes).await, Err(AntivirusError::Unreachable(_))));
        assert!(served.await.unwrap().0 == bytes);
        assert!(matches!(antivirus.look_at(&bytes).await, Err(AntivirusError::Unreachable(_))));
    }
}
