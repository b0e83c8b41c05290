// What serves is swapped here without the care that ModelStore takes: ThreadSanitizer must find it, or its
// silence about the server would mean nothing.

#include <memory>
#include <thread>

#include "archmlp/serve/model_set.h"

int main() {
  using archmlp::serve::ModelSet;
  auto current = std::make_shared<const ModelSet>();
  std::thread swapping([&current] {
    for (int i = 0; i < 1000; ++i) current = std::make_shared<const ModelSet>();
  });
  std::size_t served = 0;
  for (int i = 0; i < 1000; ++i) served += current->models().size();
  swapping.join();
  return served == 0 ? 0 : 1;
}
