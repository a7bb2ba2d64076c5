#include "cluster/kept.h"

#include <algorithm>

namespace cluster {
namespace {

constexpr const char* kQuota = "quota";
constexpr const char* kScram = "scram";
constexpr const char* kToken = "token";
constexpr const char* kRule = "rule";
constexpr const char* kController = "controller";

void put(Kept& kept, std::vector<std::string> about, const Record& record) {
  kept.insert_or_assign(std::move(about), encode(record));
}

std::vector<std::string> about_scram(const std::string& name, std::int8_t mechanism) {
  return {kScram, name, std::to_string(mechanism)};
}

}  // namespace

void fold(Kept& kept, const wire::ClientQuotaRecord& record) {
  // An entity is a set: "user ann, client c1" is the same in either order.
  std::vector<std::string> parts;
  for (const auto& entity : record.entity) {
    parts.push_back(entity.entity_type + (entity.entity_name ? "=" + *entity.entity_name : ""));
  }
  std::ranges::sort(parts);
  std::vector<std::string> about{kQuota, record.key};
  about.insert(about.end(), parts.begin(), parts.end());
  if (record.remove) {
    kept.erase(about);
  } else {
    put(kept, std::move(about), record);
  }
}

void fold(Kept& kept, const wire::UserScramCredentialRecord& record) {
  put(kept, about_scram(record.name, record.mechanism), record);
}

void fold(Kept& kept, const wire::RemoveUserScramCredentialRecord& record) {
  kept.erase(about_scram(record.name, record.mechanism));
}

void fold(Kept& kept, const wire::DelegationTokenRecord& record) {
  put(kept, {kToken, record.token_id}, record);
}

void fold(Kept& kept, const wire::RemoveDelegationTokenRecord& record) {
  kept.erase({kToken, record.token_id});
}

void fold(Kept& kept, const wire::AccessControlEntryRecord& record) {
  put(kept, {kRule, to_text(record.id)}, record);
}

void fold(Kept& kept, const wire::RemoveAccessControlEntryRecord& record) {
  kept.erase({kRule, to_text(record.id)});
}

void fold(Kept& kept, const wire::RegisterControllerRecord& record) {
  put(kept, {kController, std::to_string(record.controller_id.value)}, record);
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
