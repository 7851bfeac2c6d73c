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
