// The key-value store of processes that compute together: the interface for this module's other files.
#pragma once

#include <signal.h>

#include <string>

#include <torch/csrc/distributed/c10d/Store.hpp>

#include "CLibTorch.h"

struct StoreConnection {
  c10::intrusive_ptr<c10d::Store> store;
  /// The numeric address of the store, and the port.
  std::string address;
  uint16_t port;
  /// The address of this machine by which it reaches the store, as numbers; empty where other machines may not reach
  /// it.
  std::string own_address;
};

inline const StoreConnection &connection(TorchStore handle) { return *static_cast<StoreConnection *>(handle.ref); }

/// While it exists, writing to a connection that the other end has closed is an error instead of a signal, on this
/// thread and on those that it starts: c10d's server and Gloo do not request this for their sockets.
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
