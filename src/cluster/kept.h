// Records of the metadata log that this version makes no use of, and keeps: quotas, credentials,
// delegation tokens, access rules, controllers. They stand in every snapshot as they came, so that
// Apache Kafka, or a later version, finds them when it takes the data folder over.
#pragma once
#include <concepts>
#include <string>
#include <vector>

#include "cluster/image.h"
#include "cluster/record.h"

namespace cluster {

template <class T>
concept KeptRecord =
    std::same_as<T, wire::ClientQuotaRecord> || std::same_as<T, wire::UserScramCredentialRecord> ||
    std::same_as<T, wire::RemoveUserScramCredentialRecord> ||
    std::same_as<T, wire::DelegationTokenRecord> ||
    std::same_as<T, wire::RemoveDelegationTokenRecord> ||
    std::same_as<T, wire::AccessControlEntryRecord> ||
    std::same_as<T, wire::RemoveAccessControlEntryRecord> ||
    std::same_as<T, wire::RegisterControllerRecord>;

// Replaces what was kept about the same thing, or drops it. CorruptMessage for a record that is
// larger in memory than its bytes, without what pads them, could ever say: it could not be read
// again from a snapshot.
Result<void> fold(Kept& kept, const wire::ClientQuotaRecord& record);
Result<void> fold(Kept& kept, const wire::UserScramCredentialRecord& record);
Result<void> fold(Kept& kept, const wire::RemoveUserScramCredentialRecord& record);
Result<void> fold(Kept& kept, const wire::DelegationTokenRecord& record);
Result<void> fold(Kept& kept, const wire::RemoveDelegationTokenRecord& record);
Result<void> fold(Kept& kept, const wire::AccessControlEntryRecord& record);
Result<void> fold(Kept& kept, const wire::RemoveAccessControlEntryRecord& record);
Result<void> fold(Kept& kept, const wire::RegisterControllerRecord& record);

// What was kept, as records again.
std::vector<Record> records_of(const Kept& kept);

// Access rules are kept like the rest, but a cluster that has any must not be served by a version
// that does not enforce them.
bool has_access_rules(const Image& image);

}  // namespace cluster
