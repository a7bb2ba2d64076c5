#include "cluster/kept.h"

#include <algorithm>

namespace cluster {
namespace {

constexpr const char* kQuota = "quota";
constexpr const char* kScram = "scram";
constexpr const char* kToken = "token";
constexpr const char* kRule = "rule";
constexpr const char* kController = "controller";

Result<void> put(Kept& kept, std::vector<std::string> about, const Record& record) {
  ByteVector bytes = encode(record);
  if (!decode(bytes)) {
    return fail(ErrorCode::CorruptMessage, "a metadata record is padded beyond what it says");
  }
  kept.insert_or_assign(std::move(about), std::move(bytes));
  return {};
}

Result<void> drop(Kept& kept, const std::vector<std::string>& about) {
  kept.erase(about);
  return {};
}

std::vector<std::string> about_scram(const std::string& name, std::int8_t mechanism) {
  return {kScram, name, std::to_string(mechanism)};
}

}  // namespace

Result<void> fold(Kept& kept, const wire::ClientQuotaRecord& record) {
  // An entity is a set: "user ann, client c1" is the same in either order.
  std::vector<std::string> parts;
  for (const auto& entity : record.entity) {
    parts.push_back(entity.entity_type + (entity.entity_name ? "=" + *entity.entity_name : ""));
  }
  std::ranges::sort(parts);
  std::vector<std::string> about{kQuota, record.key};
  about.insert(about.end(), parts.begin(), parts.end());
  return record.remove ? drop(kept, about) : put(kept, std::move(about), record);
}

Result<void> fold(Kept& kept, const wire::UserScramCredentialRecord& record) {
  return put(kept, about_scram(record.name, record.mechanism), record);
}

Result<void> fold(Kept& kept, const wire::RemoveUserScramCredentialRecord& record) {
  return drop(kept, about_scram(record.name, record.mechanism));
}

Result<void> fold(Kept& kept, const wire::DelegationTokenRecord& record) {
  return put(kept, {kToken, record.token_id}, record);
}

Result<void> fold(Kept& kept, const wire::RemoveDelegationTokenRecord& record) {
  return drop(kept, {kToken, record.token_id});
}

Result<void> fold(Kept& kept, const wire::AccessControlEntryRecord& record) {
  return put(kept, {kRule, to_text(record.id)}, record);
}

Result<void> fold(Kept& kept, const wire::RemoveAccessControlEntryRecord& record) {
  return drop(kept, {kRule, to_text(record.id)});
}

Result<void> fold(Kept& kept, const wire::RegisterControllerRecord& record) {
  return put(kept, {kController, std::to_string(record.controller_id.value)}, record);
}

std::vector<Record> records_of(const Kept& kept) {
  std::vector<Record> records;
  for (const auto& [about, value] : kept) {
    Result<Record> record = decode(value);
    check(record.has_value(), "what was encoded here is read again");
    records.push_back(std::move(*record));
  }
  return records;
}

bool has_access_rules(const Image& image) {
  return image.kept && std::ranges::any_of(*image.kept, [](const auto& entry) {
           return entry.first.front() == kRule;
         });
}

}  // namespace cluster
