// TCP for real. Bytes are read and written at once where the kernel has or takes them, and only
// then waited for. File ranges go by sendfile.
#pragma once
#include "env/network.h"

namespace posix {

class Shard;

class Network final : public env::Network {
 public:
  explicit Network(Shard& shard) : shard_(shard) {}

  Result<std::unique_ptr<env::Listener>> listen(const env::Address& at) override;
  Result<env::ConnectionPtr> adopt(std::unique_ptr<env::Accepted> accepted) override;
  env::Task<Result<env::ConnectionPtr>> connect(env::Address to) override;

 private:
  Shard& shard_;
};

}  // namespace posix
