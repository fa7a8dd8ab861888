// Small files beside the outbox. Functions throw std::runtime_error that names the file.
#pragma once

#include <boost/json/fwd.hpp>
#include <functional>
#include <string>

namespace pgtandem::proxy {

// Writes a file so that after a crash either the old or the new content is there.
void write_file_durably(const std::string& path, const std::string& content);

// The same with a JSON array.
void store_list(const std::string& path, const boost::json::array& entries);
// Its entries, one after the other; `each` throws what it does not understand. False: there is no such file.
bool load_list(const std::string& path, const std::function<void(const boost::json::value&)>& each);

}  // namespace pgtandem::proxy
