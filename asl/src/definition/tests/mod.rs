//! Definitions with everything that AWS accepts, below the refusal of what this version can't run.
