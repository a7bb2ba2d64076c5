// What transactions said, and what must be true for those who read what is committed. The rules are
// those that Jepsen's checks of Kafka look for: no aborted read, no lost or doubled write, no torn
// transaction, nothing that was read is unread, nothing is passed over, and what was committed
// before a transaction began stands before it.
//
// Each transaction works on some positions of a group (what a consumer would read), writes values
// made of them, and says with them how far the group has read: every position is to be worked on
// exactly once.
//
// Not a rule: two transactions at once may stand in one order in this partition and in another in
// that one. Kafka promises nothing there. Such write cycles are counted.
#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "history.h"

namespace simulation {

inline const TopicName kTransfers{"transfers"};  // What transactions write to.

class Transfers {
 public:
  enum class End { Open, Committed, Aborted, InDoubt };

  struct Write {
    std::string producer = {};
    int transaction = 0;  // Each of the producer's has a higher number than those before.
    std::string group = {};
    std::int64_t position = 0;  // In what the group reads.
    TopicPartition partition = {};
    std::string value = {};  // There is none like it.
  };

  explicit Transfers(History& history) : history_(history) {}

  // A transaction is about to write a value.
  void attempt(const Write& write);
  // In doubt is one whose producer asked to commit and never heard of it.
  void end(const std::string& producer, int transaction, End how);

  // Somebody who reads what is committed asked for what there is from `from` on, was given this,
  // and would go on at `next`.
  void note_poll(const TopicPartition& partition, Offset from, Offset next,
                 const std::vector<std::pair<Offset, std::string>>& records);

  // After the run: everything that is committed, and how far each group has read (0 where nobody
  // said).
  void judge(const Content& content, const std::map<std::string, std::int64_t>& groups);

  std::size_t count(End how) const;
  std::set<std::string> groups() const;
  // After the judgement: pairs of transactions that stand in different order in two partitions.
  std::size_t write_cycles() const { return write_cycles_; }

 private:
  using Name = std::pair<std::string, int>;  // Of a transaction: its producer, its number.
  struct Transaction {
    End end = End::Open;
    std::uint64_t began = 0;
    std::uint64_t committed = 0;
    std::map<TopicPartition, std::vector<std::string>> values = {};
  };
  struct Poll {
    TopicPartition partition;
    Offset from;
    Offset next;
    std::size_t records;
  };
  using Records = std::vector<std::pair<Offset, std::string>>;

  void judge_partition(const TopicPartition& partition, const Records& records);
  void judge_order_in_time(const TopicPartition& partition, const Records& records);
  void judge_transaction(const Name& name, const Transaction& transaction);
  void judge_reads(const Content& content);
  void judge_polls(const Content& content);
  void judge_group(const std::string& group, std::int64_t told);
  void count_write_cycles(const Content& content);
  void fault(std::string what) { history_.contradict(std::move(what)); }

  History& history_;
  std::uint64_t now_ = 0;  // Goes on with whatever is noted.
  std::map<Name, Transaction> transactions_;
  std::map<std::string, Write> writes_;  // By their values.
  std::map<std::pair<TopicPartition, Offset>, std::string> read_;
  std::vector<Poll> polls_;
  std::map<std::string, int> visible_;  // How often each value is there.
  std::size_t write_cycles_ = 0;
};

}  // namespace simulation
