// What a producer with transactions asks a broker for, in the protocol of Kafka 4 or in the one
// before it (KIP-890): there it names each partition before it writes to it, and its epoch stays
// from one transaction to the next.
#pragma once
#include "scene.h"

namespace simulation {

class TransactionClient {
 public:
  // Whom the broker takes the producer for.
  struct Identity {
    ProducerId producer{};
    ProducerEpoch epoch{};
  };

  TransactionClient(Scene& scene, TransactionalId id, bool old_protocol)
      : link_(scene), id_(std::move(id)), old_protocol_(old_protocol) {}

  bool speaks_old_protocol() const { return old_protocol_; }
  void hang_up() { link_.hang_up(); }

  // Asking for topics and coordinators makes what they are kept in.
  env::Task<Result<void>> prepare(const std::string& group);
  // Shuts out whoever had the transactional id before.
  env::Task<Result<Identity>> begin_anew(Millis timeout);
  // To name it is to ask for it in the old protocol, and nothing in the new one.
  env::Task<Result<void>> name_partition(Identity who, int partition);
  env::Task<Result<void>> name_group(Identity who, const std::string& group);
  env::Task<Result<void>> write(int partition, Bytes batch);
  // How far the group has read, as part of the transaction.
  env::Task<Result<void>> say_position(Identity who, const std::string& group,
                                       std::int64_t position);
  env::Task<Result<std::int64_t>> position(const std::string& group);
  // Gives whom the next transaction is of.
  env::Task<Result<Identity>> end(Identity who, bool commits);
  // What a coordinator asks a leader for; here of one that was replaced long ago.
  env::Task<Result<void>> mark(Identity who, int partition, bool commits);

 private:
  Link link_;
  TransactionalId id_;
  bool old_protocol_;
};

}  // namespace simulation
