//! State machines' configuration, type and status, between the contract and the engine.

use keepstep_engine::record;
use keepstep_proto::workflow::v1 as proto;

/// A new state machine's configuration, from the contract: what is absent has AWS's default.
pub(super) fn from_proto(configuration: Option<proto::Configuration>) -> record::Configuration {
    let proto::Configuration { logging, tracing_enabled, .. } = configuration.unwrap_or_default();
    let logging = logging.unwrap_or_default();
    record::Configuration {
        log_level: logging.level,
        log_execution_data: logging.include_execution_data,
        log_group_arns: logging.log_group_arns,
        tracing_enabled: tracing_enabled.unwrap_or_default(),
    }
}

/// To the contract, with nothing absent.
pub(super) fn to_proto(configuration: record::Configuration) -> proto::Configuration {
    let level = match configuration.log_level {
        level if level.is_empty() => "OFF".to_owned(),
        level => level,
    };
    proto::Configuration {
        logging: Some(proto::LoggingConfiguration {
            level,
            include_execution_data: configuration.log_execution_data,
            log_group_arns: configuration.log_group_arns,
        }),
        tracing_enabled: Some(configuration.tracing_enabled),
        owned_encryption: true,
    }
}

/// From the contract: unspecified means STANDARD.
pub(super) fn type_from_proto(kind: proto::StateMachineType) -> record::StateMachineType {
    match kind {
        proto::StateMachineType::Unspecified | proto::StateMachineType::Standard => {
            record::StateMachineType::Standard
        }
        proto::StateMachineType::Express => record::StateMachineType::Express,
    }
}

/// To the contract.
pub(super) fn type_to_proto(kind: record::StateMachineType) -> proto::StateMachineType {
    match kind {
        record::StateMachineType::Standard => proto::StateMachineType::Standard,
        record::StateMachineType::Express => proto::StateMachineType::Express,
    }
}

/// To the contract.
pub(super) fn status_to_proto(status: record::StateMachineStatus) -> proto::StateMachineStatus {
    match status {
        record::StateMachineStatus::Active => proto::StateMachineStatus::Active,
        record::StateMachineStatus::Deleting => proto::StateMachineStatus::Deleting,
    }
}
