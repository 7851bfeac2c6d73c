//! The gRPC contracts of Keepstep and the code generated from them. The `.proto` files hold the documentation; this crate never
//! holds behaviour.

/// Contracts of the workflow API: one call for each operation of the AWS Step Functions API.
pub mod workflow {
    /// Version 1.
    #[allow(missing_docs, reason = "generated: the documentation is in workflow.proto")]
    pub mod v1 {
        tonic::include_proto!("keepstep.workflow.v1");
    }
}

/// How replicas speak Raft to each other, and the stored form of log entries.
pub mod raft {
    /// Version 1.
    #[allow(missing_docs, reason = "generated: the documentation is in raft.proto")]
    pub mod v1 {
        tonic::include_proto!("keepstep.raft.v1");
    }
}

/// What nodes and operators ask a node about its cluster.
pub mod cluster {
    /// Version 1.
    #[allow(missing_docs, reason = "generated: the documentation is in cluster.proto")]
    pub mod v1 {
        tonic::include_proto!("keepstep.cluster.v1");
    }
}
