//! Pages of lists.

/// The page size where none is given (API reference: "The default is 100").
const SIZE_DEFAULT: usize = 100;
/// The largest page size (API reference: "the maximum allowed page size is 1000").
const SIZE_MAX: usize = 1_000;

/// Which page of a list is asked for.
#[derive(Clone, Debug, Default)]
pub struct PageRequest {
    /// 0 means the default.
    pub size: u32,
    /// From the page before; empty for the first.
    pub token: String,
}

impl PageRequest {
    /// How many items to give.
    pub(super) fn limit(&self) -> usize {
        match usize::try_from(self.size) {
            Ok(0) => SIZE_DEFAULT,
            Ok(size) => size.min(SIZE_MAX),
            Err(_) => SIZE_MAX,
        }
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// In the order of the list.
    pub items: Vec<T>,
    /// For the next page; empty if there is none.
    pub next_token: String,
}
