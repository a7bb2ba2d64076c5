// What simulated transactions said, and what must be true of those who read what is committed. The
// rules are those that Jepsen's checks of Kafka look for: no aborted read, no lost or doubled
// write, no torn transaction, nothing that was read is unread.
#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "history.h"

namespace simulation {

inline const TopicName kTransfers{"transfers"};  // What transactions write to.

// Values are "<producer>/<transaction>/<number>".
class Transfers {
 public:
  enum class End { Open, Committed, Aborted, InDoubt };

  explicit Transfers(History& history) : history_(history) {}

  // A transaction is about to write a value, or to say how far its producer's group has read: as
  // many transactions as there were, this one counted.
  void attempt(const std::string& producer, int transaction, const TopicPartition& partition,
               const std::string& value);
  void end(const std::string& producer, int transaction, End how);

  // Somebody who reads what is committed was given this.
  void note_read(const TopicPartition& partition, Offset offset, const std::string& value);

  // After the run: everything that is committed, and how far each producer's group has read (0
  // where it never said). In doubt is what its producer never heard of: all of it is there, or
  // none.
  void judge(const Content& content, const std::map<std::string, std::int64_t>& groups);

  std::size_t committed() const;
  std::set<std::string> producers() const;

 private:
  using Name = std::pair<std::string, int>;
  struct Transaction {
    End end = End::Open;
    std::map<TopicPartition, std::vector<std::string>> values;
  };
  void judge_partition(const TopicPartition& partition,
                       const std::vector<std::pair<Offset, std::string>>& records);
  void judge_transaction(const Name& name, const Transaction& transaction);
  void judge_reads(const Content& content);
  void judge_group(const std::string& producer, std::int64_t told);
  void fault(std::string what) { history_.contradict(std::move(what)); }

  History& history_;
  std::map<Name, Transaction> transactions_;
  std::map<std::string, Name> written_in_;
  std::map<std::pair<TopicPartition, Offset>, std::string> read_;
  std::map<std::string, int> visible_;  // How often each value is there.
};

}  // namespace simulation
