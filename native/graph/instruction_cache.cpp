#include "graph/instruction_cache.h"

#include <algorithm>

std::shared_ptr<const instruction_kv> instruction_cache::find(const std::vector<int32_t> & instruction) {
    const auto found =
        std::find_if(entries.begin(), entries.end(), [&](const entry & e) { return *e.first == instruction; });
    if (found == entries.end()) {
        return nullptr;
    }
    entries.splice(entries.begin(), entries, found);
    return found->second;
}

void instruction_cache::add(instruction_ptr instruction, std::shared_ptr<const instruction_kv> kv) {
    n_bytes += kv->n_bytes();
    entries.emplace_front(std::move(instruction), std::move(kv));
    while (n_bytes > max_bytes) {
        n_bytes -= entries.back().second->n_bytes();
        entries.pop_back();
    }
}
