//! The access keys that requests may be signed with, from a file that is read again when it changes.
//!
//! The file is TOML, a list of tables:
//!
//! ```toml
//! [[credentials]]
//! access_key_id = "AKIDEXAMPLE"
//! secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
//! account = "123456789012"
//! # session_token = "...": requests must carry it too
//! ```
//!
//! or, where its name ends in `.json`, a JSON array of objects of the same members.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use metrics::counter;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use crate::metric;
use crate::sigv4::SigningKeys;

/// The largest file that is read, in bytes.
const FILE_MAX: u64 = 16 * 1_048_576;
/// Between two looks at the file.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Why a credentials file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file can't be read.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The file is larger than 16 MiB.
    #[error("the file is larger than {FILE_MAX} bytes")]
    TooLarge,
    /// The file isn't UTF-8.
    #[error("the file is not UTF-8 text")]
    NotText,
    /// The TOML or JSON is wrong. The file isn't quoted, since its text may be a secret.
    #[error("{form} error at byte {offset}: {problem}")]
    Syntax {
        /// `TOML` or `JSON`.
        form: &'static str,
        /// Where, counted from the start of the file.
        offset: usize,
        /// What kind of error.
        problem: String,
    },
    /// An entry has an empty or malformed member.
    #[error("entry {index}: {problem}")]
    Entry {
        /// Counted from 1.
        index: usize,
        /// What is wrong.
        problem: &'static str,
    },
}

/// One access key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credential {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) account: String,
    pub(crate) session_token: Option<String>,
}

/// A set of access keys.
pub(crate) struct Credentials {
    by_id: HashMap<String, Credential>,
    signing_keys: SigningKeys,
}

impl Credentials {
    /// Checks entries and makes a set of them.
    pub(crate) fn new(entries: Vec<Credential>) -> Result<Self, Error> {
        let mut by_id = HashMap::new();
        for (index, entry) in entries.into_iter().enumerate() {
            let failed = |problem| Err(Error::Entry { index: index + 1, problem });
            let id = &entry.access_key_id;
            if id.is_empty()
                || id.len() > 128
                || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            {
                return failed("access_key_id must be 1 to 128 letters, digits and underscores");
            }
            if entry.secret_access_key.is_empty() {
                return failed("secret_access_key is empty");
            }
            if !is_account(&entry.account) {
                return failed("account must be twelve digits");
            }
            if entry.session_token.as_ref().is_some_and(String::is_empty) {
                return failed("session_token is empty");
            }
            if by_id.insert(entry.access_key_id.clone(), entry).is_some() {
                return failed("access_key_id occurs twice");
            }
        }
        Ok(Self { by_id, signing_keys: SigningKeys::default() })
    }

    /// The access key of this id.
    pub(crate) fn find(&self, access_key_id: &str) -> Option<&Credential> {
        self.by_id.get(access_key_id)
    }

    /// The keys derived from this set's secrets.
    pub(crate) fn signing_keys(&self) -> &SigningKeys {
        &self.signing_keys
    }
}

/// Whether a text is an account's number.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A credentials file and the set that was last read from it.
pub(crate) struct CredentialsFile {
    path: PathBuf,
    current: ArcSwap<Credentials>,
    /// Of the last look; `None` where there was no file.
    seen: Mutex<Option<Stamp>>,
}

/// What tells that a file has changed.
type Stamp = (SystemTime, u64);

impl CredentialsFile {
    /// Reads the file for the first time.
    pub(crate) fn open(path: PathBuf) -> Result<Self, Error> {
        // Looked at before it is read: a change in between is then seen later.
        let seen = Mutex::new(stamp(&path).ok());
        let current = ArcSwap::from_pointee(read(&path)?);
        Ok(Self { path, current, seen })
    }

    /// The present set.
    pub(crate) fn current(&self) -> Arc<Credentials> {
        self.current.load_full()
    }

    /// Looks at the file every second until `shutdown`.
    pub(crate) async fn watch(self: Arc<Self>, shutdown: CancellationToken) {
        while shutdown.run_until_cancelled(tokio::time::sleep(POLL_INTERVAL)).await.is_some() {
            let file = Arc::clone(&self);
            // Files may lie on a slow disk.
            let looked = tokio::task::spawn_blocking(move || file.refresh()).await;
            if let Ok(Err(error)) = looked {
                tracing::error!(%error, path = %self.path.display(), "the credentials file can't be used; the keys of before stay in force");
            }
        }
    }

    /// Reads the file again if it has changed.
    ///
    /// # Errors
    ///
    /// The file can't be used: the present set stays in force. Said once for each state of the file.
    pub(crate) fn refresh(&self) -> Result<(), Error> {
        let now = stamp(&self.path);
        {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if *seen == now.as_ref().ok().copied() {
                return Ok(());
            }
            *seen = now.as_ref().ok().copied();
        }
        let set = now.and_then(|_| read(&self.path));
        let result = if set.is_ok() { "ok" } else { "error" };
        counter!(metric::CREDENTIALS_RELOADS, "result" => result).increment(1);
        let set = set?;
        tracing::info!(keys = set.by_id.len(), "read the changed credentials file");
        self.current.store(Arc::new(set));
        Ok(())
    }
}

fn stamp(path: &Path) -> Result<Stamp, Error> {
    let metadata = std::fs::metadata(path)?;
    Ok((metadata.modified()?, metadata.len()))
}

fn read(path: &Path) -> Result<Credentials, Error> {
    if std::fs::metadata(path)?.len() > FILE_MAX {
        return Err(Error::TooLarge);
    }
    let text = String::from_utf8(std::fs::read(path)?).map_err(|_| Error::NotText)?;
    let json = path.extension().is_some_and(|extension| extension == "json");
    Credentials::new(if json { from_json(&text)? } else { from_toml(&text)? })
}

fn from_json(text: &str) -> Result<Vec<Credential>, Error> {
    serde_json::from_str(text).map_err(|error| {
        let lines_before = error.line().saturating_sub(1);
        let offset =
            text.split_inclusive('\n').take(lines_before).map(str::len).sum::<usize>() + error.column();
        let problem = format!("{:?}", error.classify());
        Error::Syntax { form: "JSON", offset, problem }
    })
}

fn from_toml(text: &str) -> Result<Vec<Credential>, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(default)]
        credentials: Vec<Credential>,
    }
    let file: File = toml::from_str(text).map_err(|error| Error::Syntax {
        form: "TOML",
        offset: error.span().map_or(0, |span| span.start),
        problem: error.message().to_owned(),
    })?;
    Ok(file.credentials)
}
