#include "cluster/kept.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <span>

#include "cluster/apply.h"

namespace cluster {
namespace {

using Entity = std::vector<wire::ClientQuotaRecord::EntityData>;

Record quota(Entity entity, double value, bool remove = false) {
  return wire::ClientQuotaRecord{
      .entity = std::move(entity), .key = "producer_byte_rate", .value = value, .remove = remove};
}

Image after(std::initializer_list<Record> records) {
  const Result<Applied> applied =
      cluster::apply(Image{}, std::span(records.begin(), records.size()));
  check(applied.has_value(), "records that do not contradict one another");
  return *applied->image;
}

TEST(Kept, TheLastRecordAboutAThingStands) {
  const Entity ann_c1{{"user", "ann"}, {"client-id", "c1"}};
  const Entity c1_ann{{"client-id", "c1"}, {"user", "ann"}};
  const Entity anybody{{"user", std::nullopt}};
  const Image image = after({quota(ann_c1, 1), quota(anybody, 5), quota(c1_ann, 2)});
  ASSERT_TRUE(image.kept);
  EXPECT_EQ(image.kept->size(), 2U);
  EXPECT_TRUE(image == after({quota(anybody, 5), quota(c1_ann, 2)}));
  EXPECT_TRUE(after({quota(ann_c1, 1), quota(c1_ann, 0, true)}) == Image{});
}

TEST(Kept, SnapshotsHoldIt) {
  const Image image = after({
      quota({{"user", "ann"}}, 7),
      wire::UserScramCredentialRecord{.name = "ann", .mechanism = 1, .iterations = 4096},
      wire::UserScramCredentialRecord{.name = "bob", .mechanism = 1, .iterations = 8192},
      wire::RemoveUserScramCredentialRecord{.name = "bob", .mechanism = 1},
      wire::DelegationTokenRecord{.owner = "User:ann", .token_id = "t1"},
      wire::DelegationTokenRecord{.owner = "User:ann", .token_id = "t2"},
      wire::RemoveDelegationTokenRecord{.token_id = "t2"},
      wire::RegisterControllerRecord{.controller_id = BrokerId(3)},
  });
  ASSERT_TRUE(image.kept);
  EXPECT_EQ(image.kept->size(), 4U);
  const Result<Applied> again = cluster::apply(Image{}, snapshot(image));
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(*again->image == image);
}

// A record with many empty texts takes more memory than a reader gives for its bytes alone; padding
// behind it raises what the reader gives. Kept without the padding it could not be read again.
TEST(Kept, WhatIsPaddedBeyondWhatItSaysIsAnError) {
  const Record fat = quota(Entity(100'000, {"", std::nullopt}), 1);
  ByteVector bytes = encode(fat);
  ASSERT_FALSE(decode(bytes).has_value());
  bytes.resize(bytes.size() * 8);
  const Result<Record> padded = decode(bytes);
  ASSERT_TRUE(padded.has_value());
  const Result<Applied> applied = cluster::apply(Image{}, std::span(&*padded, 1));
  ASSERT_FALSE(applied.has_value());
  EXPECT_EQ(applied.error().code, ErrorCode::CorruptMessage);
}

TEST(Kept, AccessRulesAreSeenUntilTheyAreGone) {
  const wire::AccessControlEntryRecord rule{.id = Uuid{}, .principal = "User:ann"};
  EXPECT_FALSE(has_access_rules(Image{}));
  EXPECT_TRUE(has_access_rules(after({rule})));
  EXPECT_FALSE(
      has_access_rules(after({rule, wire::RemoveAccessControlEntryRecord{.id = rule.id}})));
}

}  // namespace
}  // namespace cluster
