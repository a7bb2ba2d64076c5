// Lets a command be written as plain steps, one after another: a shard of its own runs what is
// awaited, and the command waits for it.
#pragma once
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "app/failure.h"
#include "client/cluster.h"
#include "env/shard.h"

namespace posix {
class Process;
}

namespace app {

// One shard on one thread.
class Runtime {
 public:
  Runtime();
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  env::Shard& shard() { return *shard_; }

  // Runs `task` to its end and gives its value. Not from the shard itself.
  template <class T>
  T wait(env::Task<T> task) {
    // Shared: this thread may go on, and forget its share, before set_value has returned.
    const auto promise = std::make_shared<std::promise<T>>();
    std::future<T> value = promise->get_future();
    shard_->post([promise, started = std::move(task)]() mutable {
      env::spawn(std::move(started), [promise](T got) { promise->set_value(std::move(got)); });
    });
    return value.get();
  }

  // Runs `work` on the shard and waits for its end.
  void on_shard(env::Work work);

 private:
  std::unique_ptr<posix::Process> process_;
  std::thread thread_;
  env::Shard* shard_ = nullptr;
};

// What every command that talks to a cluster takes.
struct ClusterOptions {
  std::string bootstrap = "127.0.0.1:9092";
  std::string timeout = "30s";
  bool json = false;
};

// A cluster that was reached.
class Session {
 public:
  static Outcome<std::unique_ptr<Session>> open(const ClusterOptions& options);
  ~Session();

  client::Cluster& cluster() { return *cluster_; }

  // session.wait(client::list_topics(session.cluster())).
  template <class T>
  T wait(env::Task<T> task) {
    return runtime_.wait(std::move(task));
  }

 private:
  Session() = default;
  Runtime runtime_;
  std::unique_ptr<client::Cluster> cluster_;
};

// "a:1,b:2" as addresses. The port may be left out and is then 9092.
Result<std::vector<env::Address>> parse_bootstrap(const std::string& text);

}  // namespace app
