// What a client sends: messages chosen by an input, mostly sensible, sometimes not. It does not read answers,
// so that every message may find the server in any state.
#pragma once

#include <map>
#include <string>

#include "tests/fuzz/input.h"

namespace pgtandem::model {

class script {
 public:
  explicit script(fuzz::input& choices) : in_(choices) {}

  // The next messages, as bytes that belong together.
  [[nodiscard]] std::string next();
  // Brings every state that messages alone can bring there back to rest: out of COPY, out of skipping, out of
  // a block.
  [[nodiscard]] static std::string ending();

 private:
  [[nodiscard]] std::string sql();
  [[nodiscard]] std::string dml();
  [[nodiscard]] std::string part();
  [[nodiscard]] std::string several();
  [[nodiscard]] std::string table();
  [[nodiscard]] std::string value(bool parameter);
  [[nodiscard]] std::string pick(std::initializer_list<const char*> names);
  void parse(const std::string& name, const std::string& given);
  void bind(const std::string& portal, const std::string& statement);
  void execute(const std::string& portal);
  void run_unnamed();
  void copy_simple();
  void copy_extended();
  void copy_data();

  fuzz::input& in_;
  std::string out_;
  std::map<std::string, std::string> texts_;  // of statements, as last parsed
  int values_ = 0;
  bool parameter_allowed_ = false;
  bool running_ = false;  // what is parsed is executed at once
};

}  // namespace pgtandem::model
