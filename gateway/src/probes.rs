//! What `/healthz` and `/readyz` ask of the process that the gateway runs in.

/// The state of the node (or of the way to the nodes) behind a gateway. Answers must be quick and must not block.
pub trait Probes: Send + Sync + 'static {
    /// Whether requests would be served now: a leader is known and the node is caught up.
    ///
    /// # Errors
    ///
    /// Why not, for the person who reads `/readyz`.
    fn ready(&self) -> Result<(), String>;

    /// Whether the process is sound. If not, it should be restarted.
    ///
    /// # Errors
    ///
    /// Why not, for the person who reads `/healthz`.
    fn alive(&self) -> Result<(), String>;
}
