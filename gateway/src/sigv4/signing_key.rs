//! Signing keys: derived from a secret for one day, region and service by four HMACs, and kept, since a client uses the same one all
//! day. The cache belongs to one set of credentials and dies with it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::TERMINATOR;
use crate::credentials::Credential;

/// Keys kept at most; the cache starts anew beyond it.
const KEYS_MAX: usize = 4_096;

type Key = [u8; 32];

/// The kept keys, by access key id, date and region.
#[derive(Default)]
pub(crate) struct SigningKeys(Mutex<HashMap<(String, String, String), Key>>);

impl SigningKeys {
    /// The key, and whether it was kept.
    pub(super) fn find(
        &self,
        credential: &Credential,
        date: &str,
        region: &str,
        service: &str,
    ) -> (Key, bool) {
        let name = (credential.access_key_id.clone(), date.to_owned(), region.to_owned());
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&name).copied();
        match kept {
            Some(key) => (key, true),
            None => (derive(&credential.secret_access_key, date, region, service), false),
        }
    }

    /// Keeps a key that a signature has proved useful.
    pub(super) fn keep(&self, credential: &Credential, date: &str, region: &str, key: Key) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= KEYS_MAX {
            keys.clear();
        }
        keys.insert((credential.access_key_id.clone(), date.to_owned(), region.to_owned()), key);
    }
}

/// The key for a day, region and service.
pub(super) fn derive(secret: &str, date: &str, region: &str, service: &str) -> Key {
    let key = hmac(format!("AWS4{secret}").as_bytes(), date.as_bytes());
    [region, service, TERMINATOR].iter().fold(key, |key, part| hmac(&key, part.as_bytes()))
}

/// HMAC-SHA-256.
pub(super) fn hmac(key: &[u8], message: &[u8]) -> Key {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}
