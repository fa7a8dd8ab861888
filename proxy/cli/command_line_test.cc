#include "proxy/cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace pgtandem::proxy {
namespace {

using testing::HasSubstr;

struct outcome {
  std::variant<invocation, finished> result;
  std::string out;
  std::string err;

  [[nodiscard]] int code() const {
    const auto* f = std::get_if<finished>(&result);
    return f != nullptr ? f->exit_code : -1;
  }
  [[nodiscard]] invocation call() const {
    const auto* i = std::get_if<invocation>(&result);
    EXPECT_NE(i, nullptr) << err;
    return i != nullptr ? *i : invocation{};
  }
};

outcome parse(std::vector<const char*> words) {
  words.insert(words.begin(), "/usr/local/bin/other-name");
  std::ostringstream out, err;
  auto result = parse_command_line(static_cast<int>(words.size()), words.data(), out, err);
  return {std::move(result), out.str(), err.str()};
}

TEST(command_line, reads_each_command) {
  const invocation serve = parse({"serve", "-c", "f", "--supervise"}).call();
  EXPECT_EQ(serve.command, "serve");
  EXPECT_EQ(serve.file, "f");
  EXPECT_TRUE(serve.supervise);
  EXPECT_FALSE(parse({"serve", "--config", "f"}).call().supervise);
  const invocation status = parse({"status", "--json", "-c", "f", "--database", "app"}).call();
  EXPECT_TRUE(status.json);
  EXPECT_EQ(status.database, "app");
  const invocation drift = parse({"drift-report", "-c", "f", "--table", "s.t", "--json"}).call();
  EXPECT_EQ(drift.table, "s.t");
  EXPECT_EQ(parse({"check", "-c", "f"}).call().command, "check");
  const invocation marks = parse({"marks", "list", "-c", "f", "--table", "t"}).call();
  EXPECT_EQ(marks.command, "marks list");
  EXPECT_EQ(marks.table, "t");
  EXPECT_EQ(parse({"marks", "-c", "f"}).code(), 64);
  EXPECT_EQ(parse({"marks"}).code(), 64);
}

TEST(command_line, time_outs) {
  EXPECT_EQ(parse({"wait", "-c", "f", "--timeout", "500ms"}).call().timeout, std::chrono::milliseconds(500));
  EXPECT_EQ(parse({"wait", "-c", "f"}).call().timeout, std::chrono::seconds(30));
  EXPECT_EQ(parse({"drift-report", "-c", "f"}).call().timeout, std::chrono::seconds(60));
  EXPECT_EQ(parse({"heal", "-c", "f", "--table", "t", "--all"}).call().timeout, std::chrono::minutes(5));
  const outcome wrong = parse({"wait", "-c", "f", "--timeout", "30"});
  EXPECT_EQ(wrong.code(), 64);
  EXPECT_THAT(wrong.err, HasSubstr("\"30\" is not a duration"));
}

TEST(command_line, keys_are_taken_as_they_are) {
  EXPECT_EQ(parse({"heal", "-c", "f", "--table", "t", "--key", "1", "--key", "-5", "--key",
                   R"({"a":1,"b":"x,y"})", "--key", "[1,2]", "--key", "", "--key", "a b"})
                .call()
                .keys,
            (std::vector<std::string>{"1", "-5", R"({"a":1,"b":"x,y"})", "[1,2]", "", "a b"}));
  EXPECT_EQ(parse({"heal", "-c", "f", "--table", "t", "--key=--all"}).call().keys,
            (std::vector<std::string>{"--all"}));
}

TEST(command_line, usage_errors_are_64) {
  for (const std::vector<const char*>& words :
       std::vector<std::vector<const char*>>{{},
                                             {""},
                                             {"serv"},
                                             {"serve"},
                                             {"serve", "-c"},
                                             {"serve", "-c", "f", "extra"},
                                             {"serve", "-c", "f", "--json"},
                                             {"-c", "f"},
                                             {"--nonsense"},
                                             {"status", "wait", "-c", "f"},
                                             {"heal", "-c", "f", "--table", "t"},
                                             {"heal", "-c", "f", "--all"},
                                             {"heal", "-c", "f", "--table", "t", "--all", "--key", "1"},
                                             {"heal", "-c", "f", "--table", "t", "--key"},
                                             {"heal", "-c", "f", "--table", "t", "--key", "1", "2"}}) {
    const outcome o = parse(words);
    EXPECT_EQ(o.code(), 64) << testing::PrintToString(words);
    EXPECT_THAT(o.err, testing::StartsWith("pgtandem: ")) << testing::PrintToString(words);
    EXPECT_EQ(o.out, "");
  }
}

TEST(command_line, errors_say_what_was_meant) {
  EXPECT_THAT(parse({"stauts"}).err, HasSubstr("did you mean \"status\"?"));
  EXPECT_THAT(parse({"heal", "-c", "f", "--table", "t"}).err, HasSubstr("heal needs --all, or --key"));
  EXPECT_THAT(parse({"wait"}).err, HasSubstr("Run pgtandem wait --help"));
}

TEST(command_line, help_and_version) {
  EXPECT_EQ(parse({"--version"}).out, "pgtandem 0.1.0\n");
  EXPECT_EQ(parse({"--version"}).code(), 0);
  const outcome help = parse({"--help"});
  EXPECT_EQ(help.code(), 0);
  for (const char* name : {"serve", "check", "status", "wait", "drift-report", "heal"})
    EXPECT_THAT(help.out, HasSubstr(name));
  EXPECT_THAT(help.out, testing::Not(HasSubstr("help-all")));
  const outcome heal = parse({"heal", "--help"});
  EXPECT_EQ(heal.code(), 0);
  EXPECT_THAT(heal.out, HasSubstr("--key"));
  EXPECT_THAT(heal.out, testing::Not(HasSubstr("other-name")));
}

}  // namespace
}  // namespace pgtandem::proxy
