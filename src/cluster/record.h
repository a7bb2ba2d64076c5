// The records of the metadata log: KRaft's own, so that Apache Kafka's tools read the log.
#pragma once
#include <variant>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/state/cluster.h"

namespace cluster {

// What this version understands; of some kinds it only knows how to keep them (kept.h). A log with
// any other kind is refused, as leaving a record out would make a picture that is wrong.
using Record = std::variant<
    wire::RegisterBrokerRecord, wire::UnregisterBrokerRecord, wire::TopicRecord,
    wire::PartitionRecord, wire::ConfigRecord, wire::PartitionChangeRecord, wire::RemoveTopicRecord,
    wire::FeatureLevelRecord, wire::ProducerIdsRecord, wire::BrokerRegistrationChangeRecord,
    wire::NoOpRecord, wire::FenceBrokerRecord, wire::UnfenceBrokerRecord, wire::ClearElrRecord,
    wire::BeginTransactionRecord, wire::EndTransactionRecord, wire::AbortTransactionRecord,
    wire::ClientQuotaRecord, wire::UserScramCredentialRecord, wire::RemoveUserScramCredentialRecord,
    wire::DelegationTokenRecord, wire::RemoveDelegationTokenRecord, wire::AccessControlEntryRecord,
    wire::RemoveAccessControlEntryRecord, wire::RegisterControllerRecord>;

// The value of a record in the log: frame version, kind and version of the message as unsigned
// varints, and the message.
ByteVector encode(const Record& record);
Result<Record> decode(Bytes value);

}  // namespace cluster
