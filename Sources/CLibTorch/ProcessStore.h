// The key-value store of processes that compute together: what this module's other files see of it.
#pragma once

#include <signal.h>

#include <string>

#include <torch/csrc/distributed/c10d/Store.hpp>

#include "CLibTorch.h"

struct StoreConnection {
  c10::intrusive_ptr<c10d::Store> store;
  /// Where the store was found, as numbers, and the port.
  std::string address;
  uint16_t port;
  /// The address of this machine by which it reaches the store, as numbers; empty where other machines may not reach it.
  std::string own_address;
};

inline const StoreConnection &connection(TorchStore handle) { return *static_cast<StoreConnection *>(handle.ref); }

/// While it lives, a connection that was closed by its other end is an error and no signal, on this thread and on those
/// that it starts: c10d's server and Gloo write to sockets without asking for that.
class BrokenPipesAsErrors {
 public:
  BrokenPipesAsErrors() {
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &before_);
  }
  ~BrokenPipesAsErrors() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BrokenPipesAsErrors(const BrokenPipesAsErrors &) = delete;
  BrokenPipesAsErrors &operator=(const BrokenPipesAsErrors &) = delete;

 private:
  sigset_t before_;
};
